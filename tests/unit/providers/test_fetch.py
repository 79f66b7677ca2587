"""Files from web addresses: judged by number, at the very number that was judged, on every step."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import AttachmentBlocked, AttachmentMissing, AttachmentTooLarge
from app.providers.fetch import WebFiles, is_public, sniffed
from app.store.blobs import FileBlobs

LIMIT = 1_000_000


class _Pages(BaseHTTPRequestHandler):
    """Answers by path; every request is noted with its Host."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str]]

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers["Host"]))  # type: ignore[attr-defined]
        status, headers, body = self.server.pages.get(self.path, (404, {}, b""))  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def web() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    server.pages, server.seen = {}, []
    server.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def files(tmp_path: Path) -> WebFiles:
    return WebFiles(blobs=FileBlobs(tmp_path), allow_loopback=True)


def test_file_is_kept_with_the_name_and_type_it_has(files: WebFiles, web: Any) -> None:
    headers = {"Content-Disposition": 'attachment; filename="Q3 offer.pdf"'}
    web.pages["/x?sig=secret"] = (200, headers, b"%PDF-1.7 words")

    found = files.fetch(f"{web.base}/x?sig=secret", LIMIT)

    assert (found.filename, found.media_type) == ("Q3 offer.pdf", "application/pdf")
    assert found.blob.size_bytes == 14


def test_name_is_looked_up_once_and_the_judged_number_is_called(tmp_path: Path, web: Any) -> None:
    asked: list[str] = []

    def resolve(name: str, port: int) -> list[str]:
        asked.append(name)
        # The second answer is the attack: it must never be asked for.
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    web.pages["/a.txt"] = (200, {"Content-Type": "text/plain"}, b"words")
    files = WebFiles(blobs=FileBlobs(tmp_path), allow_loopback=True, resolve=resolve)

    files.fetch(f"http://drop.example:{web.server_port}/a.txt", LIMIT)

    assert asked == ["drop.example"]
    assert web.seen == [("/a.txt", f"drop.example:{web.server_port}")]


@pytest.mark.parametrize(
    "numbers",
    [["127.0.0.1"], ["10.0.0.1"], ["203.0.113.9", "192.168.0.1"], ["fd00::1"], ["fe80::1%eth0"]],
)
def test_names_that_lead_inside_are_blocked(numbers: list[str], tmp_path: Path) -> None:
    files = WebFiles(blobs=FileBlobs(tmp_path), resolve=lambda *_: numbers)

    with pytest.raises(AttachmentBlocked):
        files.fetch("https://drop.example/a", LIMIT)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "1.2.3.4.5"])
def test_odd_spellings_of_numbers_are_blocked_before_any_look_up(host: str, tmp_path: Path) -> None:
    def resolve(*_: object) -> list[str]:
        raise AssertionError("looked up")

    with pytest.raises(AttachmentBlocked):
        WebFiles(blobs=FileBlobs(tmp_path), resolve=resolve).fetch(f"https://{host}/a", LIMIT)


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/a",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
        "http://[fd00::1]/",
    ],
)
def test_redirects_inside_are_blocked(target: str, files: WebFiles, web: Any) -> None:
    web.pages["/a"] = (302, {"Location": target}, b"")

    with pytest.raises(AttachmentBlocked):
        files.fetch(f"{web.base}/a", LIMIT)


def test_three_redirects_are_followed_and_a_fourth_is_not(files: WebFiles, web: Any) -> None:
    for step in range(4):
        web.pages[f"/{step}"] = (307, {"Location": f"/{step + 1}"}, b"")
    web.pages["/4"] = (200, {}, b"words")

    assert files.fetch(f"{web.base}/1", LIMIT).blob.size_bytes == 5
    with pytest.raises(AttachmentBlocked, match="redirects too often"):
        files.fetch(f"{web.base}/0", LIMIT)


def test_size_is_bounded_and_nothing_of_it_stays(files: WebFiles, web: Any, tmp_path: Path) -> None:
    web.pages["/big"] = (200, {}, b"x" * (LIMIT + 1))

    with pytest.raises(AttachmentTooLarge):
        files.fetch(f"{web.base}/big", LIMIT)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("path", ["/none", "/empty"])
def test_nothing_there_is_missing(path: str, files: WebFiles, web: Any) -> None:
    web.pages["/empty"] = (200, {}, b"")

    with pytest.raises(AttachmentMissing):
        files.fetch(f"{web.base}{path}", LIMIT)


def test_encoded_answers_are_blocked(files: WebFiles, web: Any) -> None:
    web.pages["/z"] = (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b....")

    with pytest.raises(AttachmentBlocked):
        files.fetch(f"{web.base}/z", LIMIT)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_open_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.1.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "169.254.1.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fd00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_inside_are_not_public_in_any_disguise(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("head", "said", "filename", "found"),
    [
        (b"%PDF-1.4", "text/html", "a.txt", "application/pdf"),
        (b"MZ\x90", "image/png", "a.png", "application/vnd.microsoft.portable-executable"),
        (b"PK\x03\x04", "application/vnd.oasis.opendocument.text", "a.odt",
         "application/vnd.oasis.opendocument.text"),
        (b"PK\x03\x04", "", "a.zip", "application/zip"),
        (b"words", "", "a.csv", "text/csv"),
        (b"words", "not a type", "a", "application/octet-stream"),
    ],
)  # fmt: skip
def test_type_goes_by_the_first_bytes(head: bytes, said: str, filename: str, found: str) -> None:
    assert sniffed(head, said, filename) == found
