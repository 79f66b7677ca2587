from __future__ import annotations

import base64
import time

import httpx
import pytest

from app.sandbox.gmail_uploads import CHUNK_BYTES

ME = "/upload/gmail/v1/users/me"
HEAD = b"From: ada@acme.example\r\nTo: jane@x.example\r\nSubject: Big\r\n\r\n"


def big(size: int) -> bytes:
    return HEAD + b"0123456789abcde\n" * ((size - len(HEAD)) // 16)


def start(client: httpx.Client, path: str = "/drafts", **extra) -> str:
    headers = {"X-Upload-Content-Type": "message/rfc822", **extra.pop("headers", {})}
    response = client.post(
        f"{ME}{path}",
        params={"uploadType": "resumable"},
        json=extra.pop("json", {}),
        headers=headers,
    )
    assert response.status_code == 200, response.text
    return response.headers["location"]


def put(client: httpx.Client, uri: str, data: bytes, span: str) -> httpx.Response:
    return client.put(uri, content=data, headers={"Content-Range": f"bytes {span}"})


def test_media_upload_creates_a_draft(ada):
    response = ada.post(
        f"{ME}/drafts",
        params={"uploadType": "media"},
        content=HEAD + b"x",
        headers={"Content-Type": "message/rfc822"},
    )
    assert response.json()["message"]["labelIds"] == ["DRAFT"]


def test_a_slow_line_takes_a_body_no_faster_than_it_says(ada, server):
    server.control.settings(line_bytes_per_s=4_000_000)
    began = time.monotonic()
    try:
        response = ada.post(
            f"{ME}/drafts",
            params={"uploadType": "media"},
            content=big(1_000_000),
            headers={"Content-Type": "message/rfc822"},
        )
    finally:
        server.control.settings(line_bytes_per_s=None)
    assert response.status_code == 200
    assert time.monotonic() - began >= 0.24


def test_media_upload_wants_message_rfc822(ada):
    response = ada.post(
        f"{ME}/drafts",
        params={"uploadType": "media"},
        content=HEAD,
        headers={"Content-Type": "text/plain"},
    )
    assert response.status_code == 400


def test_multipart_brings_metadata_and_exact_bytes(ada):
    thread = ada.get("/gmail/v1/users/me/threads").json()["threads"][0]["id"]
    message = HEAD + b"line one\r\n\r\nline two\r\n"
    body = (
        b'--b1\r\nContent-Type: application/json\r\n\r\n{"message":{"threadId":"'
        + thread.encode()
        + b'"}}\r\n--b1\r\nContent-Type: message/rfc822\r\n\r\n'
        + message
        + b"\r\n--b1--\r\n"
    )
    made = ada.post(
        f"{ME}/drafts",
        params={"uploadType": "multipart"},
        content=body,
        headers={"Content-Type": 'multipart/related; boundary="b1"'},
    ).json()
    read = ada.get(f"/gmail/v1/users/me/drafts/{made['id']}", params={"format": "raw"}).json()
    assert base64.urlsafe_b64decode(read["message"]["raw"]) == message


def test_resumable_upload_breaks_and_resumes(ada, server):
    data = big(3 * CHUNK_BYTES + 1000)
    uri = start(ada)
    first = put(ada, uri, data[:CHUNK_BYTES], f"0-{CHUNK_BYTES - 1}/{len(data)}")
    assert (first.status_code, first.headers["range"]) == (308, f"bytes=0-{CHUNK_BYTES - 1}")
    server.control.fault("upload", "reset_body", after_bytes=1000)
    with pytest.raises(httpx.TransportError):
        put(ada, uri, data[CHUNK_BYTES:], f"{CHUNK_BYTES}-{len(data) - 1}/{len(data)}")
    asked = put(ada, uri, b"", f"*/{len(data)}")
    assert (asked.status_code, asked.headers["range"]) == (308, f"bytes=0-{CHUNK_BYTES - 1}")
    made = put(ada, uri, data[CHUNK_BYTES:], f"{CHUNK_BYTES}-{len(data) - 1}/{len(data)}").json()
    read = ada.get(f"/gmail/v1/users/me/drafts/{made['id']}", params={"format": "raw"}).json()
    assert base64.urlsafe_b64decode(read["message"]["raw"]) == data


def test_a_session_tells_its_result_after_a_lost_answer(ada, server):
    data = big(2000)
    uri = start(ada, "/messages/send")
    server.control.fault("send", "drop_after")
    with pytest.raises(httpx.RemoteProtocolError):
        put(ada, uri, data, f"0-{len(data) - 1}/{len(data)}")
    asked = put(ada, uri, b"", f"*/{len(data)}")
    assert asked.status_code == 200
    assert asked.json()["labelIds"] == ["SENT"]
    assert len(server.control.deliveries()) == 1


def test_only_the_last_chunk_counts_as_the_send(ada, server):
    server.control.fault("send", "status_before", status=503)
    data = big(CHUNK_BYTES + 100)
    uri = start(ada, "/messages/send")
    assert put(ada, uri, data[:CHUNK_BYTES], f"0-{CHUNK_BYTES - 1}/{len(data)}").status_code == 308
    last = (data[CHUNK_BYTES:], f"{CHUNK_BYTES}-{len(data) - 1}/{len(data)}")
    assert put(ada, uri, *last).status_code == 503
    assert put(ada, uri, *last).status_code == 200


def test_chunks_come_in_multiples_of_256_kib(ada):
    data = big(CHUNK_BYTES * 2)
    assert put(ada, start(ada), data[:1000], f"0-999/{len(data)}").status_code == 400


def test_a_gap_is_refused(ada):
    data = big(CHUNK_BYTES * 2)
    span = f"{CHUNK_BYTES}-{len(data) - 1}/{len(data)}"
    assert put(ada, start(ada), data[CHUNK_BYTES:], span).status_code == 400


def test_more_than_35_mib_is_refused(ada):
    headers = {"X-Upload-Content-Length": "36700161"}
    response = ada.post(f"{ME}/drafts", params={"uploadType": "resumable"}, headers=headers)
    assert response.status_code == 413
    response = ada.post(
        f"{ME}/drafts",
        params={"uploadType": "media"},
        content=big(36_700_300),
        headers={"Content-Type": "message/rfc822"},
    )
    assert response.status_code == 413


def test_draft_is_replaced_by_a_resumable_upload(ada):
    made = ada.post(
        f"{ME}/drafts",
        params={"uploadType": "media"},
        content=HEAD,
        headers={"Content-Type": "message/rfc822"},
    ).json()
    begun = ada.put(f"{ME}/drafts/{made['id']}", params={"uploadType": "resumable"}, json={})
    data = big(5000)
    done = put(ada, begun.headers["location"], data, f"0-{len(data) - 1}/{len(data)}").json()
    assert done["id"] == made["id"]
    assert done["message"]["id"] != made["message"]["id"]
