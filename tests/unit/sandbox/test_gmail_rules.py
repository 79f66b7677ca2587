from __future__ import annotations

import base64

import pytest

AUTH = "https://www.googleapis.com/auth/gmail."
ME = "/gmail/v1/users/me"


def message(**headers: str) -> bytes:
    values = {
        "From": "Ada Reyes <ada@acme.example>",
        "To": "Jane <jane@x.example>",
        "Subject": "Hello",
        **headers,
    }
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in values.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\nHello\r\n").encode()


def raw(**headers: str) -> str:
    return base64.urlsafe_b64encode(message(**headers)).decode()


def send(client, **body):
    return client.post(f"{ME}/messages/send", json=body)


def reason(response) -> str:
    error = response.json()["error"]
    assert error["code"] == response.status_code
    return error["errors"][0]["reason"]


def pricing(client) -> dict:
    thread = client.get(f"{ME}/threads", params={"q": "subject:pricing"}).json()["threads"][0]
    return client.get(f"{ME}/threads/{thread['id']}", params={"format": "metadata"}).json()


def header(shown: dict, name: str) -> str:
    return next(
        h["value"] for h in shown["payload"]["headers"] if h["name"].lower() == name.lower()
    )


def test_bcc_is_kept_in_sent_and_stripped_for_everybody(ada, server):
    sent = send(ada, raw=raw(Bcc="boss@x.example")).json()
    copies = server.control.delivered()
    assert {copy["recipient"] for copy in copies} == {"jane@x.example", "boss@x.example"}
    assert all(b"boss@" not in base64.b64decode(copy["raw_base64"]) for copy in copies)
    [accepted] = server.control.deliveries()
    assert b"Bcc: boss@x.example" in base64.b64decode(accepted["raw_base64"])
    assert accepted["provider_message_id"] == sent["id"]


def test_the_given_message_id_is_replaced_unless_told(ada, server):
    send(ada, raw=raw(Message_ID="<ours@x.example>"))
    server.control.fault("send", "keep_message_id")
    send(ada, raw=raw(Message_ID="<ours@x.example>"))
    ids = [row["message_id"] for row in server.control.deliveries()]
    assert ids[0].endswith("@mail.gmail.com>")
    assert ids[1] == "<ours@x.example>"


@pytest.mark.parametrize(
    ("sender", "kept"),
    [
        ("Sales <sales@acme.example>", True),
        ("Eve <eve@evil.example>", False),
    ],
)
def test_only_own_addresses_may_stand_in_from(ada, server, sender, kept):
    send(ada, raw=raw(From=sender))
    sent = base64.b64decode(server.control.delivered()[0]["raw_base64"])
    assert (f"From: {sender}".encode() in sent) is kept
    assert (b"ada@acme.example" in sent) is not kept


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"To": ""}, "Recipient address required"),
        ({"To": "Jane jane at x.example"}, "Invalid To header"),
        ({"To": "Jane <jane@x>, broken@"}, "Invalid To header"),
        ({"Cc": "a b@x.example c"}, "Invalid Cc header"),
    ],
)
def test_bad_recipients_are_refused(ada, server, headers, text):
    response = send(ada, raw=raw(**headers))
    assert response.status_code == 400
    assert reason(response) == "invalidArgument"
    assert response.json()["error"]["message"] == text
    assert server.control.deliveries() == []


@pytest.mark.parametrize("text", ["not base64!", "ab+/", "abcde"])
def test_bad_base64url_is_refused(ada, text):
    response = send(ada, raw=text)
    assert response.status_code == 400
    assert "TYPE_BYTES" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "joins"),
    [
        ({}, True),
        ({"Subject": "Pricing for Q4"}, False),
        ({"References": "<nobody@x.example>"}, False),
    ],
)
def test_a_reply_joins_only_with_thread_id_references_and_subject(ada, headers, joins):
    thread = pricing(ada)
    last = header(thread["messages"][-1], "Message-ID")
    values = {"Subject": "RE: Pricing  for Q3", "References": last, **headers}
    sent = send(ada, raw=raw(**values), threadId=thread["id"]).json()
    assert (sent["threadId"] == thread["id"]) is joins


def test_without_thread_id_a_reply_starts_a_new_thread(ada):
    thread = pricing(ada)
    last = header(thread["messages"][-1], "Message-ID")
    sent = send(ada, raw=raw(Subject="Re: Pricing for Q3", References=last)).json()
    assert sent["threadId"] != thread["id"]


def test_the_search_index_lags_and_the_sent_label_does_not(ada, server):
    server.control.settings(index_lag_s=3600)
    sent = send(ada, raw=raw(Subject="Unmistakable")).json()
    assert "messages" not in ada.get(f"{ME}/messages", params={"q": "Unmistakable"}).json()
    listed = ada.get(f"{ME}/messages", params={"labelIds": "SENT"}).json()
    assert listed["messages"][0]["id"] == sent["id"]


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("subject:pricing from:jane.doe", 1),
        ("from:nobody@nowhere.example", 0),
        ('"numbers for 140 seats"', 1),
        ("in:sent subject:pricing -subject:zzz", 1),
        ("subject:pricing older_than:3d", 2),
        ("rfc822msgid:ours@x.example", 0),
    ],
)
def test_search_operators(ada, query, hits):
    found = ada.get(f"{ME}/messages", params={"q": query}).json().get("messages", [])
    assert len(found) == hits


@pytest.mark.parametrize(
    ("scopes", "path", "status"),
    [
        (["send"], "/profile", 403),
        (["send"], "/drafts", 403),
        (["compose"], "/profile", 200),
        (["compose"], "/messages", 403),
        (["metadata"], "/messages", 200),
        (["metadata"], "/messages?q=x", 403),
        (["readonly"], "/settings/sendAs", 200),
        (["compose"], "/settings/sendAs", 403),
    ],
)
def test_scopes_decide_what_may_be_asked(connect, scopes, path, status):
    client = connect("gmail", "sam@gmail-team.example", [AUTH + name for name in scopes])
    response = client.get(ME + path)
    assert response.status_code == status
    if status == 403 and "q=" not in path:
        assert reason(response) == "insufficientPermissions"


def test_the_send_scope_alone_sends(connect, server):
    client = connect("gmail", "sam@gmail-team.example", [AUTH + "send"])
    assert send(client, raw=raw(From="")).status_code == 200
    assert len(server.control.deliveries()) == 1
    assert client.post(f"{ME}/drafts", json={"message": {"raw": raw()}}).status_code == 403


def test_mail_between_sandbox_mailboxes_arrives_in_its_conversation(ada, connect):
    sam = connect("gmail", "sam@gmail-team.example")
    first = send(ada, raw=raw(To="sam@gmail-team.example", Subject="Lunch")).json()
    got = sam.get(f"{ME}/messages", params={"labelIds": "INBOX", "q": "Lunch"}).json()["messages"][
        0
    ]
    shown = sam.get(f"{ME}/messages/{got['id']}", params={"format": "metadata"}).json()
    reference = header(shown, "Message-ID")
    answer = raw(
        From="sam@gmail-team.example",
        To="ada@acme.example",
        Subject="Re: Lunch",
        References=reference,
    )
    assert send(sam, raw=answer, threadId=got["threadId"]).json()["threadId"] == got["threadId"]
    thread = ada.get(f"{ME}/threads/{first['threadId']}").json()
    assert len(thread["messages"]) == 2


def test_the_per_user_quota_answers_with_a_moment_in_the_text(ada, server):
    server.control.settings(quota_units_per_min=150)
    assert send(ada, raw=raw()).status_code == 200
    refused = send(ada, raw=raw())
    assert refused.status_code == 429
    assert "Retry after 20" in refused.json()["error"]["message"]
    assert len(server.control.deliveries()) == 1


def test_another_user_is_refused(ada):
    assert ada.get("/gmail/v1/users/sam@gmail-team.example/profile").status_code == 403
    assert ada.get("/gmail/v1/users/ada@acme.example/profile").status_code == 200


def test_old_history_is_gone(ada):
    assert ada.get(f"{ME}/history", params={"startHistoryId": "5"}).status_code == 404
