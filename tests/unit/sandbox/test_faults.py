"""Every kind of fault, over real sockets, against both providers where it makes a difference."""

from __future__ import annotations

import base64
import json
import threading
import time
from email.utils import parsedate_to_datetime

import httpx
import pytest

from app.sandbox.faults import KINDS, FaultInvalid

GMAIL = "/gmail/v1/users/me"
GRAPH = "/graph/v1.0/me"
RAW = base64.urlsafe_b64encode(
    b"From: ada@acme.example\r\nTo: jane@x.example\r\nSubject: Hello\r\n\r\nHello\r\n"
).decode()
WAIT_S = 10.0


def send(client: httpx.Client) -> httpx.Response:
    return client.post(f"{GMAIL}/messages/send", json={"raw": RAW})


def gmail_draft(client: httpx.Client) -> str:
    return client.post(f"{GMAIL}/drafts", json={"message": {"raw": RAW}}).json()["id"]


def send_draft(client: httpx.Client, draft: str) -> httpx.Response:
    return client.post(f"{GMAIL}/drafts/send", json={"id": draft})


def graph_draft(client: httpx.Client) -> str:
    return client.post(
        f"{GRAPH}/messages",
        json={
            "subject": "Hello",
            "body": {"contentType": "text", "content": "x"},
            "toRecipients": [{"emailAddress": {"address": "jane@x.example"}}],
        },
    ).json()["id"]


def until(fact) -> None:
    deadline = time.monotonic() + WAIT_S
    waiting = threading.Event()
    while not fact():
        assert time.monotonic() < deadline, "it did not happen"
        waiting.wait(0.01)


def accepted(server) -> int:
    return len(server.control.deliveries())


@pytest.mark.parametrize(("kind", "committed"), [("refuse_before", 0), ("drop_after", 1)])
def test_the_connection_is_closed_without_an_answer(ada, server, kind, committed):
    server.control.fault("send", kind)
    with pytest.raises(httpx.RemoteProtocolError):
        send(ada)
    assert accepted(server) == committed
    assert send(ada).status_code == 200


def test_reset_in_the_body_commits_nothing(ada, server):
    server.control.fault("send", "reset_body", after_bytes=100_000)
    with pytest.raises(httpx.TransportError):
        ada.post(f"{GMAIL}/messages/send", content=b'{"raw":"' + b"A" * 8_000_000 + b'"}')
    assert accepted(server) == 0
    assert server.control.requests()[-1]["status"] == "reset"


@pytest.mark.parametrize(("kind", "committed"), [("status_before", 0), ("status_after", 1)])
def test_a_status_before_or_after_the_commit(ada, server, kind, committed):
    server.control.fault("send", kind, status=500, headers={"X-Test": "1"}, body={"a": 1})
    response = send(ada)
    assert (response.status_code, response.headers["x-test"], response.json()) == (
        500,
        "1",
        {"a": 1},
    )
    assert accepted(server) == committed


def test_without_a_body_the_error_is_in_the_providers_words(ada, outlook, server):
    server.control.fault("any", "status_before", status=503, count=2)
    assert ada.get(f"{GMAIL}/profile").json()["error"]["status"] == "UNAVAILABLE"
    assert outlook.get(GRAPH).json()["error"]["code"] == "ErrorServerBusy"


@pytest.mark.parametrize(("when", "committed"), [("before", 0), ("after", 1)])
def test_a_stall_holds_the_request_until_released(ada, server, when, committed):
    server.control.fault("send", "stall", when=when)
    answers = []
    caller = threading.Thread(target=lambda: answers.append(send(ada).status_code))
    caller.start()
    until(lambda: server.control.stalled == 1)
    assert accepted(server) == committed
    assert server.control.release() == 1
    caller.join(WAIT_S)
    assert answers == [200]
    assert accepted(server) == 1


def test_a_stall_ends_by_itself_and_may_end_in_a_drop(ada, server):
    server.control.fault("send", "stall", when="after", delay_s=0.05)
    server.control.fault("send", "drop_after")
    with pytest.raises(httpx.RemoteProtocolError):
        send(ada)
    assert accepted(server) == 1


def test_throttling_in_each_form(ada, outlook, server):
    for form in ("seconds", "http_date", "gmail_text", "none"):
        server.control.fault("profile", "throttle", form=form, delay_s=7, provider="gmail")
    answers = [ada.get(f"{GMAIL}/profile") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429] * 4
    assert answers[0].headers["retry-after"] == "7"
    assert parsedate_to_datetime(answers[1].headers["retry-after"]).tzinfo is not None
    assert "  Retry after 20" in answers[2].json()["error"]["message"]
    assert all("retry-after" not in answer.headers for answer in answers[2:])
    server.control.fault("profile", "throttle")
    throttled = outlook.get(GRAPH)
    assert throttled.json()["error"]["code"] == "ApplicationThrottled"
    assert throttled.headers["retry-after"] == "2"


def test_202_with_retry_after_was_accepted(outlook, server):
    draft = graph_draft(outlook)
    server.control.fault("send", "accepted_retry_after", delay_s=3)
    response = outlook.post(f"{GRAPH}/messages/{draft}/send")
    assert (response.status_code, response.headers["retry-after"]) == (202, "3")
    assert accepted(server) == 1


@pytest.mark.parametrize(("when", "committed"), [("before", 0), ("after", 1)])
def test_an_answer_that_is_no_json(ada, server, when, committed):
    server.control.fault("send", "wrong_json", when=when)
    response = send(ada)
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert accepted(server) == committed


def test_unauthorized_once(ada, outlook, server):
    server.control.fault("any", "unauthorized", count=2)
    assert ada.get(f"{GMAIL}/profile").status_code == 401
    assert outlook.get(GRAPH).json()["error"]["code"] == "InvalidAuthenticationToken"
    assert ada.get(f"{GMAIL}/profile").status_code == 200


def test_revoked_for_good(ada, browser, server):
    token = server.control.token("gmail", "ada@acme.example")
    server.control.fault("send", "revoked")
    assert send(ada).status_code == 401
    assert send(ada).status_code == 401
    form = {**token, "grant_type": "refresh_token"}
    assert browser.post("/google/token", data=form).json()["error"] == "invalid_grant"


def test_a_refresh_can_be_hurt_by_account(browser, server):
    sam = server.control.token("gmail", "sam@gmail-team.example")
    ada = server.control.token("gmail", "ada@acme.example")
    server.control.fault("refresh", "status_before", status=503, account="sam@gmail-team.example")
    statuses = [
        browser.post("/google/token", data={**who, "grant_type": "refresh_token"}).status_code
        for who in (ada, sam, sam)
    ]
    assert statuses == [200, 503, 200]


def test_a_draft_vanishes_before_the_send(ada, outlook, server):
    server.control.fault("send", "vanish_draft", count=2)
    assert send_draft(ada, gmail_draft(ada)).status_code == 404
    assert outlook.post(f"{GRAPH}/messages/{graph_draft(outlook)}/send").status_code == 404
    assert accepted(server) == 0


def test_a_draft_vanishes_after_it_was_made(ada, outlook, server):
    server.control.fault("create_draft", "vanish_draft", count=2)
    assert send_draft(ada, gmail_draft(ada)).status_code == 404
    assert outlook.get(f"{GRAPH}/messages/{graph_draft(outlook)}").status_code == 404


def test_the_sent_copy_comes_late_at_gmail(ada, server):
    draft = gmail_draft(ada)
    server.control.fault("send", "late_sent", delay_s=0.3)
    sent = send_draft(ada, draft).json()
    listed = ada.get(f"{GMAIL}/messages", params={"labelIds": "SENT"}).json()["messages"]
    assert sent["id"] not in [row["id"] for row in listed]
    assert ada.get(f"{GMAIL}/messages/{sent['id']}").status_code == 404
    assert len(server.control.delivered()) == 1
    until(lambda: ada.get(f"{GMAIL}/messages/{sent['id']}").status_code == 200)


def test_the_sent_copy_comes_late_at_graph(outlook, server):
    draft = graph_draft(outlook)
    server.control.fault("send", "late_sent", delay_s=0.3)
    outlook.post(f"{GRAPH}/messages/{draft}/send")
    assert outlook.get(f"{GRAPH}/messages/{draft}").json()["isDraft"] is True
    assert len(server.control.delivered()) == 1
    until(lambda: outlook.get(f"{GRAPH}/messages/{draft}").json()["isDraft"] is False)
    assert len(server.control.delivered()) == 1


def test_exchange_can_replace_the_message_id(outlook, server):
    draft = graph_draft(outlook)
    outlook.patch(f"{GRAPH}/messages/{draft}", json={"internetMessageId": "<ours@x.example>"})
    server.control.fault("send", "rewrite_message_id")
    outlook.post(f"{GRAPH}/messages/{draft}/send")
    shown = outlook.get(f"{GRAPH}/messages/{draft}").json()
    assert shown["internetMessageId"] != "<ours@x.example>"
    assert server.control.delivered()[0]["message_id"] == shown["internetMessageId"]


def test_immutable_ids_can_fail(outlook, server):
    draft = graph_draft(outlook)
    server.control.fault("send", "no_immutable_id")
    outlook.post(f"{GRAPH}/messages/{draft}/send")
    assert outlook.get(f"{GRAPH}/messages/{draft}").status_code == 404


def test_orders_are_consumed_in_turn_and_may_skip(ada, server):
    server.control.fault("profile", "status_before", status=500, skip=1)
    server.control.fault("profile", "status_before", status=502, count=2)
    statuses = [ada.get(f"{GMAIL}/profile").status_code for _ in range(4)]
    assert statuses == [502, 500, 502, 200]
    assert [fault["hits"] for fault in server.control.faults()] == [1, 2]


def test_the_whole_service_can_be_down(ada, server):
    server.control.settings(down=True)
    with pytest.raises(httpx.TransportError):
        ada.get(f"{GMAIL}/profile")
    server.control.settings(down=False)
    assert ada.get(f"{GMAIL}/profile").status_code == 200


def test_an_order_that_cannot_be_understood_is_refused(server):
    with pytest.raises(FaultInvalid):
        server.control.fault("send", "explode")
    with pytest.raises(FaultInvalid):
        server.control.fault("send", "stall", often=3)


def test_every_kind_is_explained_on_the_control_page(browser):
    page = browser.get("/control").text
    assert [kind for kind in sorted(KINDS) if kind not in page] == []


@pytest.mark.parametrize("provider", ["gmail", "microsoft"])
def test_too_many_requests_at_once_are_throttled(ada, outlook, server, provider):
    client, path, name = {
        "gmail": (ada, f"{GMAIL}/profile", "gmail_concurrency"),
        "microsoft": (outlook, GRAPH, "graph_concurrency"),
    }[provider]
    server.control.settings(**{name: 1})
    server.control.fault("profile", "stall", when="after")
    answers = []
    caller = threading.Thread(target=lambda: answers.append(client.get(path).status_code))
    caller.start()
    until(lambda: server.control.stalled == 1)
    assert client.get(path).status_code == 429
    server.control.release()
    caller.join(WAIT_S)
    assert answers == [200]
    assert client.get(path).status_code == 200


def test_the_connection_breaks_in_the_middle_of_the_answer(ada, outlook, server):
    server.control.fault("send", "half_answer", count=2)
    draft = graph_draft(outlook)
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without"):
        send(ada)
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without"):
        outlook.post(f"{GRAPH}/messages/{draft}/send")
    assert accepted(server) == 2
    assert send(ada).status_code == 200


def test_the_log_tells_whether_ids_were_asked_for(outlook, server):
    outlook.get(GRAPH)
    del outlook.headers["Prefer"]
    outlook.get(GRAPH)
    prefers = [row["prefer"] for row in server.control.requests()]
    assert prefers == ['IdType="ImmutableId"', ""]
