"""Our Gmail answers what the official contract says, and the checker notices what it does not."""

from __future__ import annotations

import base64

import pytest

from tests.support.gmail_contract import unknown_fields, violations

ME = "/gmail/v1/users/me"
RAW = base64.urlsafe_b64encode(b"From: ada@acme.example\r\nTo: j@x.example\r\n\r\nx").decode()


@pytest.fixture
def ids(ada) -> dict[str, str]:
    found = ada.get(f"{ME}/messages", params={"q": "has:attachment"}).json()["messages"][0]
    draft = ada.post(f"{ME}/drafts", json={"message": {"raw": RAW}}).json()["id"]
    start = ada.get(f"{ME}/profile").json()["historyId"]
    ada.post(f"{ME}/messages/send", json={"raw": RAW})
    return {"message": found["id"], "thread": found["threadId"], "draft": draft, "start": start}


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/profile", "Profile"),
        ("/labels", "ListLabelsResponse"),
        ("/messages?maxResults=3", "ListMessagesResponse"),
        ("/messages/{message}", "Message"),
        ("/messages/{message}?format=minimal", "Message"),
        ("/messages/{message}?format=raw", "Message"),
        ("/messages/{message}?format=metadata&metadataHeaders=Subject", "Message"),
        ("/threads?q=pricing", "ListThreadsResponse"),
        ("/threads/{thread}", "Thread"),
        ("/drafts", "ListDraftsResponse"),
        ("/drafts/{draft}", "Draft"),
        ("/history?startHistoryId={start}", "ListHistoryResponse"),
        ("/settings/sendAs", "ListSendAsResponse"),
        ("/settings/sendAs/sales@acme.example", "SendAs"),
    ],
)
def test_answers_hold_only_what_the_contract_knows(ada, server, ids, path, schema):
    answer = ada.get(ME + path.format(**ids))
    assert answer.status_code == 200, answer.text
    assert answer.json()
    assert unknown_fields(schema, answer.json()) == []
    assert violations(server.control.requests()) == []


def test_the_checker_notices_strange_fields_and_types():
    value = {"id": 5, "labelIds": ["a", 1], "payload": {"parts": [{"colour": "red"}]}, "mood": "x"}
    assert unknown_fields("Message", value) == [
        "Message.mood is not in the contract",
        "Message.id must be a string",
        "Message.labelIds[] must be a string",
        "Message.payload.parts[].colour is not in the contract",
    ]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (
            {"method": "GET", "path": f"{ME}/messages", "query": "labelIds=A&limit=5"},
            "no parameter limit",
        ),
        ({"method": "PATCH", "path": f"{ME}/drafts/r1", "query": ""}, "no such method"),
        (
            {"method": "POST", "path": f"/upload{ME}/drafts", "query": "uploadType=media&q=x"},
            "no parameter q",
        ),
    ],
)
def test_the_checker_notices_strange_requests(row, text):
    [found] = violations([row])
    assert text in found
