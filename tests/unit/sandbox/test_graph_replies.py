from __future__ import annotations

import base64
import email

import httpx

ME = "/graph/v1.0/me"


def newest_pricing(client: httpx.Client) -> dict:
    params = {"$search": '"subject:pricing"', "$top": "1"}
    [found] = client.get(f"{ME}/messages", params=params).json()["value"]
    return found


def reply(client: httpx.Client, original: dict, kind: str = "createReply", **body) -> dict:
    response = client.post(f"{ME}/messages/{original['id']}/{kind}", json=body)
    assert response.status_code == 201, response.text
    return response.json()


def test_reply_carries_conversation_and_index(outlook):
    original = newest_pricing(outlook)
    made = reply(outlook, original, comment="Yes, it is fixed.")
    assert made["conversationId"] == original["conversationId"]
    parent = base64.b64decode(original["conversationIndex"])
    index = base64.b64decode(made["conversationIndex"])
    assert (index[: len(parent)], len(index)) == (parent, len(parent) + 5)
    assert made["subject"] == "RE: Pricing for Q3"
    assert made["toRecipients"][0]["emailAddress"]["address"] == "raj.patel@northwind.example"
    assert "Yes, it is fixed." in made["body"]["content"]
    assert "<b>From:</b> Raj Patel" in made["body"]["content"]
    assert "price per seat fixed" in made["body"]["content"]


def test_reply_all_answers_everybody_but_oneself(outlook):
    made = reply(outlook, newest_pricing(outlook), "createReplyAll")
    everybody = made["toRecipients"] + made["ccRecipients"]
    assert [one["emailAddress"]["address"] for one in everybody] == [
        "raj.patel@northwind.example",
        "jane.doe@northwind.example",
    ]


def test_sent_reply_refers_to_the_original_on_the_wire(outlook, server):
    original = newest_pricing(outlook)
    made = reply(outlook, original)
    outlook.patch(
        f"{ME}/messages/{made['id']}",
        json={"body": {"contentType": "html", "content": "<p>Ours</p>"}},
    )
    assert outlook.post(f"{ME}/messages/{made['id']}/send").status_code == 202
    wire = email.message_from_bytes(base64.b64decode(server.control.delivered()[0]["raw_base64"]))
    assert wire["In-Reply-To"] == original["internetMessageId"]
    references = wire["References"].split()
    assert (len(references), references[-1]) == (3, original["internetMessageId"])
    found = outlook.get(
        f"{ME}/messages", params={"$filter": f"conversationId eq '{original['conversationId']}'"}
    ).json()["value"]
    assert len(found) == 4


def test_headers_alone_start_a_new_conversation(outlook):
    original = newest_pricing(outlook)
    raw = (
        f"From: ada@acme.onmicrosoft.example\r\nTo: raj@x.example\r\nSubject: Re: Pricing for Q3\r\n"
        f"References: {original['internetMessageId']}\r\n\r\nHi"
    ).encode()
    made = outlook.post(
        f"{ME}/messages", content=base64.b64encode(raw), headers={"Content-Type": "text/plain"}
    ).json()
    assert made["conversationId"] != original["conversationId"]


def test_comment_and_body_together_are_refused(outlook):
    original = newest_pricing(outlook)
    body = {"comment": "a", "message": {"body": {"contentType": "text", "content": "b"}}}
    response = outlook.post(f"{ME}/messages/{original['id']}/createReply", json=body)
    assert response.status_code == 400


def test_forward_takes_the_attachments_along(outlook):
    found = outlook.get(f"{ME}/messages", params={"$search": '"purchase order"'}).json()["value"]
    made = reply(
        outlook,
        found[0],
        "createForward",
        toRecipients=[{"emailAddress": {"address": "boss@x.example"}}],
    )
    assert made["subject"].startswith("FW: Purchase order")
    assert made["hasAttachments"] is True
    assert made["toRecipients"][0]["emailAddress"]["address"] == "boss@x.example"


def test_an_answer_from_gmail_joins_the_outlook_conversation(outlook, ada):
    made = outlook.post(
        f"{ME}/messages",
        json={
            "subject": "Fair",
            "body": {"contentType": "text", "content": "x"},
            "toRecipients": [{"emailAddress": {"address": "ada@acme.example"}}],
        },
    ).json()
    outlook.post(f"{ME}/messages/{made['id']}/send")
    raw = (
        f"From: ada@acme.example\r\nTo: ada@acme.onmicrosoft.example\r\nSubject: Re: Fair\r\n"
        f"References: {made['internetMessageId']}\r\n\r\nyes"
    ).encode()
    ada.post(
        "/gmail/v1/users/me/messages/send", json={"raw": base64.urlsafe_b64encode(raw).decode()}
    )
    newest = outlook.get(f"{ME}/mailFolders/inbox/messages", params={"$top": "1"}).json()["value"][
        0
    ]
    assert newest["subject"] == "Re: Fair"
    assert newest["conversationId"] == made["conversationId"]
