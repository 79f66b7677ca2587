from __future__ import annotations

import base64

import httpx
import pytest

ME = "/graph/v1.0/me"
MIB = 1024 * 1024


@pytest.fixture
def draft(outlook) -> str:
    return outlook.post(
        f"{ME}/messages",
        json={
            "subject": "Big",
            "body": {"contentType": "html", "content": "<img src='cid:logo'>"},
            "toRecipients": [{"emailAddress": {"address": "jane@x.example"}}],
        },
    ).json()["id"]


def session(outlook, draft: str, size: int) -> httpx.Response:
    item = {"attachmentType": "file", "name": "film.mp4", "size": size, "contentType": "video/mp4"}
    return outlook.post(
        f"{ME}/messages/{draft}/attachments/createUploadSession", json={"AttachmentItem": item}
    )


def put(client, url: str, data: bytes, start: int, total: int, **headers) -> httpx.Response:
    span = f"bytes {start}-{start + len(data) - 1}/{total}"
    return client.put(url, content=data, headers={"Content-Range": span, **headers})


def test_small_and_inline_attachments(outlook, draft, server):
    made = outlook.post(
        f"{ME}/messages/{draft}/attachments",
        json={
            "@odata.type": "#microsoft.graph.fileAttachment",
            "name": "logo.png",
            "isInline": True,
            "contentType": "image/png",
            "contentId": "logo",
            "contentBytes": base64.b64encode(b"png").decode(),
        },
    )
    assert made.status_code == 201
    outlook.post(f"{ME}/messages/{draft}/send")
    wire = base64.b64decode(server.control.delivered()[0]["raw_base64"])
    assert b"Content-ID: <logo>" in wire
    assert b"multipart/related" in wire


def test_attachment_is_listed_read_and_deleted(outlook, draft):
    body = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a.txt",
        "contentBytes": base64.b64encode(b"abc").decode(),
    }
    made = outlook.post(f"{ME}/messages/{draft}/attachments", json=body).json()
    url = f"{ME}/messages/{draft}/attachments/{made['id']}"
    assert outlook.get(f"{url}/$value").content == b"abc"
    assert outlook.delete(url).status_code == 204
    assert outlook.get(f"{ME}/messages/{draft}/attachments").json()["value"] == []


def test_large_attachment_goes_through_a_session_in_order(outlook, browser, draft, server):
    data = bytes(range(256)) * (20 * 1024)
    begun = session(outlook, draft, len(data)).json()
    assert begun["nextExpectedRanges"] == ["0-"]
    url, chunk = begun["uploadUrl"], 2 * MIB
    first = put(browser, url, data[:chunk], 0, len(data))
    assert (first.status_code, first.json()["nextExpectedRanges"]) == (200, [str(chunk)])
    assert put(browser, url, data[:chunk], 0, len(data)).status_code == 416
    assert browser.get(url).json()["nextExpectedRanges"] == [str(chunk)]
    last = put(browser, url, data[2 * chunk :], 2 * chunk, len(data))
    assert last.status_code == 416
    put(browser, url, data[chunk : 2 * chunk], chunk, len(data))
    done = put(browser, url, data[2 * chunk :], 2 * chunk, len(data))
    assert done.status_code == 201
    shown = outlook.get(done.headers["location"]).json()
    assert base64.b64decode(shown["contentBytes"]) == data


def test_the_upload_url_takes_no_authorization(outlook, browser, draft):
    url = session(outlook, draft, 4 * MIB).json()["uploadUrl"]
    refused = put(outlook, url, b"x" * MIB, 0, 4 * MIB)
    assert refused.status_code == 401
    assert put(browser, url.rpartition("=")[0], b"x" * MIB, 0, 4 * MIB).status_code == 401


def test_a_session_is_refused_below_3_mb_and_above_150(outlook, draft):
    small = session(outlook, draft, 3 * MIB - 1)
    assert small.status_code == 400
    expected = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"
    assert small.json()["error"]["code"] == expected
    assert session(outlook, draft, 151 * MIB).status_code == 413


def test_one_request_takes_less_than_3_mb(outlook, draft):
    body = {"name": "a", "contentBytes": base64.b64encode(b"x" * 3 * MIB).decode()}
    assert outlook.post(f"{ME}/messages/{draft}/attachments", json=body).status_code == 413


def test_a_session_can_be_given_up(outlook, browser, draft):
    url = session(outlook, draft, 4 * MIB).json()["uploadUrl"]
    assert browser.delete(url).status_code == 204
    assert browser.get(url).status_code == 404


def test_the_mailbox_limit_counts_on_send(outlook, browser, draft, server):
    server.control.settings(mailbox_limit_bytes=4 * MIB)
    url = session(outlook, draft, 4 * MIB).json()["uploadUrl"]
    put(browser, url, b"x" * 4 * MIB, 0, 4 * MIB)
    refused = outlook.post(f"{ME}/messages/{draft}/send")
    assert refused.json()["error"]["code"] == "ErrorMessageSizeExceeded"
    assert server.control.deliveries() == []
