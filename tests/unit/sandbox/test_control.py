from __future__ import annotations

import base64

import pytest

from tests.support.sandbox import ControlClient

RAW = b"From: ada@acme.example\r\nTo: jane@x.example, sam@gmail-team.example\r\nSubject: S\r\n\r\nx\r\n"


@pytest.fixture
def control(server) -> ControlClient:
    return ControlClient(server.url)


def test_deliveries_count_sends_and_delivered_counts_copies(ada, control):
    encoded = base64.urlsafe_b64encode(RAW).decode()
    sent = ada.post("/gmail/v1/users/me/messages/send", json={"raw": encoded}).json()
    [row] = control.deliveries()
    assert row["recipients"] == ["jane@x.example", "sam@gmail-team.example"]
    assert (row["provider"], row["account"], row["subject"]) == ("gmail", "ada@acme.example", "S")
    assert row["provider_message_id"] == sent["id"]
    assert len(control.delivered()) == 2
    [copy] = control.delivered("Jane@X.example")
    assert base64.b64decode(copy["raw_base64"]).endswith(b"\r\n\r\nx\r\n")
    assert control.call("GET", f"/delivered?since={copy['received_at'] + 1}") == []


def test_the_log_tells_operations_and_no_secret(ada, control, browser):
    ada.get("/gmail/v1/users/me/profile", params={"access_token": "hush", "fields": "x"})
    browser.get("/google/o/oauth2/v2/auth", params={"state": "hush", "client_id": "d"})
    rows = control.requests()
    assert [row["operation"] for row in rows] == ["gmail.getProfile", "google.authorize"]
    assert rows[0]["account"] == "ada@acme.example"
    assert "hush" not in str(rows)
    assert "fields=x" in rows[0]["query"]


def test_mailboxes_are_seeded_for_everybody(control):
    boxes = control.call("GET", "/mailboxes")
    assert {(box["provider"], box["address"]) for box in boxes} == {
        ("gmail", "ada@acme.example"),
        ("gmail", "sam@gmail-team.example"),
        ("microsoft", "ada@acme.onmicrosoft.example"),
        ("microsoft", "nina@fabrikam.example"),
    }
    for box in boxes:
        key = "thread_id" if box["provider"] == "gmail" else "conversation_id"
        assert len({message[key] for message in box["messages"]}) >= 11
    subjects = {message["subject"] for box in boxes for message in box["messages"]}
    assert {"Pricing for Q3", "契約更新のご相談", "Contract draft"} <= subjects


def test_mail_can_be_dropped_into_a_mailbox(ada, control):
    raw = b"From: a@x.example\r\nTo: sales@acme.example\r\nSubject: Via alias\r\n\r\nx"
    body = {"to": "sales@acme.example", "raw_base64": base64.b64encode(raw).decode()}
    ident = control.call("POST", "/mail", body)["id"]
    shown = ada.get(f"/gmail/v1/users/me/messages/{ident}").json()
    assert "INBOX" in shown["labelIds"]


def test_sign_in_without_a_browser(control, browser):
    token = control.call("POST", "/tokens", {"provider": "gmail", "account": "ada@acme.example"})
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert browser.get("/gmail/v1/users/me/profile", headers=headers).status_code == 200
    control.call("POST", "/accounts/ada@acme.example/revoke", {})
    assert browser.get("/gmail/v1/users/me/profile", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/settings", {"no_such": 1}),
        ("/faults", {"kind": "nothing"}),
        ("/consent", {"provider": "x"}),
        ("/devicecodes/NONE/approve", {}),
        ("/tokens", {"provider": "gmail", "account": "nobody"}),
    ],
)
def test_orders_that_make_no_sense_are_answered_with_400(browser, path, body):
    response = browser.post(f"/control{path}", json=body)
    assert response.status_code == 400
    assert response.json()["error"]


def test_faults_are_ordered_in_lists_and_cleared(ada, control):
    orders = [
        {"operation": "profile", "kind": "unauthorized"},
        {"operation": "profile", "kind": "throttle", "count": -1},
    ]
    control.call("POST", "/faults", orders)
    statuses = [ada.get("/gmail/v1/users/me/profile").status_code for _ in range(3)]
    assert statuses == [401, 429, 429]
    control.call("DELETE", "/faults")
    assert ada.get("/gmail/v1/users/me/profile").status_code == 200


def test_reset_brings_the_seeds_back(ada, control, server):
    server.control.receive("ada@acme.example", b"Subject: More\r\n\r\nx")
    control.call("POST", "/reset", {})
    box = next(b for b in control.call("GET", "/mailboxes") if b["address"] == "ada@acme.example")
    assert "More" not in {message["subject"] for message in box["messages"]}


def test_the_front_page_shows_what_was_sent(ada, browser):
    assert "Nothing was sent yet" in browser.get("/").text
    ada.post(
        "/gmail/v1/users/me/messages/send", json={"raw": base64.urlsafe_b64encode(RAW).decode()}
    )
    page = browser.get("/").text
    assert "jane@x.example, sam@gmail-team.example" in page
    assert "Nina Weber" in page


def test_rows_can_be_had_without_the_bytes(ada, control):
    ada.post(
        "/gmail/v1/users/me/messages/send", json={"raw": base64.urlsafe_b64encode(RAW).decode()}
    )
    for path in ("/deliveries?raw=no", "/delivered?raw=no"):
        assert all("raw_base64" not in row for row in control.call("GET", path))


def test_the_seeded_people_are_told(control):
    people = {row["address"]: row for row in control.call("GET", "/contacts")}
    assert people["jane.doe@northwind.example"] == {
        "name": "Jane Doe",
        "address": "jane.doe@northwind.example",
        "company": "Northwind",
    }
    assert len(people) > 15
