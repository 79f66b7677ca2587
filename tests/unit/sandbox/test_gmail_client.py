"""The official client, built from the contract in its wheel, against our Gmail."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseUpload, build_http

from app.sandbox.server import SandboxServer

RAW = (
    b"From: Ada Reyes <ada@acme.example>\r\nTo: Jane Doe <jane@x.example>\r\n"
    b"Bcc: Boss <boss@x.example>\r\nSubject: Hello\r\nMessage-ID: <ours@postrider.example>\r\n"
    b"X-Postrider-Id: 42\r\n\r\nHello Jane\r\n"
)


@pytest.fixture
def gmail(server: SandboxServer) -> Iterator[Any]:
    token = server.control.token("gmail", "ada@acme.example")["access_token"]
    http = build_http()  # knows that 308 is no redirect in an upload
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        service = build(
            "gmail",
            "v1",
            http=AuthorizedHttp(Credentials(token), http=http),
            client_options={"api_endpoint": server.url},
            static_discovery=True,
        )
    yield service.users()
    http.close()


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def test_draft_is_created_read_listed_and_sent(gmail, server):
    made = gmail.drafts().create(userId="me", body={"message": {"raw": encoded(RAW)}}).execute()
    read = gmail.drafts().get(userId="me", id=made["id"], format="raw").execute()
    assert base64.urlsafe_b64decode(read["message"]["raw"]) == RAW
    listed = gmail.drafts().list(userId="me").execute()
    assert listed["drafts"][0]["id"] == made["id"]
    sent = gmail.drafts().send(userId="me", body={"id": made["id"]}).execute()
    assert sent["id"] != made["message"]["id"]
    assert sent["labelIds"] == ["SENT"]
    with pytest.raises(HttpError) as refused:
        gmail.drafts().send(userId="me", body={"id": made["id"]}).execute()
    assert refused.value.resp.status == 404
    assert len(server.control.deliveries()) == 1


def test_draft_update_keeps_the_draft_and_renews_the_message(gmail):
    made = gmail.drafts().create(userId="me", body={"message": {"raw": encoded(RAW)}}).execute()
    body = {"message": {"raw": encoded(RAW.replace(b"Hello Jane", b"Hi"))}}
    updated = gmail.drafts().update(userId="me", id=made["id"], body=body).execute()
    assert updated["id"] == made["id"]
    assert updated["message"]["id"] != made["message"]["id"]
    gmail.drafts().delete(userId="me", id=made["id"]).execute()
    assert "drafts" not in gmail.drafts().list(userId="me").execute()


def test_sent_mail_is_found_by_label_and_read_back(gmail):
    sent = gmail.messages().send(userId="me", body={"raw": encoded(RAW)}).execute()
    listed = gmail.messages().list(userId="me", labelIds=["SENT"], maxResults=1).execute()
    assert listed["messages"][0]["id"] == sent["id"]
    assert listed["nextPageToken"]
    shown = (
        gmail.messages()
        .get(
            userId="me",
            id=sent["id"],
            format="metadata",
            metadataHeaders=["Message-ID", "X-Postrider-Id", "Bcc"],
        )
        .execute()
    )
    headers = {h["name"].lower(): h["value"] for h in shown["payload"]["headers"]}
    assert headers["message-id"].endswith("@mail.gmail.com>")
    assert headers["x-postrider-id"] == "42"
    assert headers["bcc"] == "Boss <boss@x.example>"


def test_threads_profile_labels_history_and_aliases(gmail):
    before = gmail.getProfile(userId="me").execute()
    threads = gmail.threads().list(userId="me", q="subject:pricing").execute()["threads"]
    thread = gmail.threads().get(userId="me", id=threads[0]["id"]).execute()
    assert len(thread["messages"]) == 3
    assert {label["id"] for label in gmail.labels().list(userId="me").execute()["labels"]} >= {
        "SENT"
    }
    sent = gmail.messages().send(userId="me", body={"raw": encoded(RAW)}).execute()
    history = gmail.history().list(userId="me", startHistoryId=before["historyId"]).execute()
    [row] = history["history"]
    assert row["messagesAdded"][0]["message"]["id"] == sent["id"]
    aliases = gmail.settings().sendAs().list(userId="me").execute()["sendAs"]
    assert {alias["sendAsEmail"] for alias in aliases} == {"ada@acme.example", "sales@acme.example"}
    assert "<b>" in aliases[1]["signature"]


def test_attachment_is_fetched_by_its_id(gmail):
    found = gmail.messages().list(userId="me", q="has:attachment").execute()["messages"]
    shown = gmail.messages().get(userId="me", id=found[0]["id"]).execute()
    [part] = [part for part in shown["payload"]["parts"] if part["filename"]]
    data = (
        gmail.messages()
        .attachments()
        .get(userId="me", messageId=shown["id"], id=part["body"]["attachmentId"])
        .execute()
    )
    assert data["size"] == part["body"]["size"] > 0
    assert len(base64.urlsafe_b64decode(data["data"])) == data["size"]


def test_resumable_upload_of_a_draft_by_the_official_client(gmail, server):
    big = RAW + b"x" * 70 + (b"\r\n" + b"x" * 70) * 12_000
    media = MediaIoBaseUpload(io.BytesIO(big), "message/rfc822", chunksize=262_144, resumable=True)
    request = gmail.drafts().create(userId="me", body={"message": {}}, media_body=media)
    request.uri = request.uri.replace("https://", "http://")  # the client takes only our host over
    made = request.execute()
    read = gmail.drafts().get(userId="me", id=made["id"], format="raw").execute()
    assert base64.urlsafe_b64decode(read["message"]["raw"]) == big


def test_multipart_upload_by_the_official_client(gmail, server):
    media = MediaIoBaseUpload(io.BytesIO(RAW), "message/rfc822")
    request = gmail.messages().send(userId="me", body={}, media_body=media)
    request.uri = request.uri.replace("https://", "http://")  # the client takes only our host over
    assert request.execute()["labelIds"] == ["SENT"]
    [delivery] = server.control.deliveries()
    assert delivery["recipients"] == ["jane@x.example", "boss@x.example"]
