from __future__ import annotations

import base64
import email

import httpx
import pytest

ME = "/graph/v1.0/me"
JANE = {"emailAddress": {"name": "Jane Doe", "address": "jane@x.example"}}
MIME = (
    b"From: Ada Reyes <ada@acme.onmicrosoft.example>\r\nTo: Jane <jane@x.example>\r\n"
    b"Bcc: boss@x.example\r\nSubject: Hello\r\nMessage-ID: <ours@postrider.example>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--b--\r\n"
)


def draft(client: httpx.Client, **values) -> dict:
    body = {
        "subject": "Hello",
        "toRecipients": [JANE],
        "body": {"contentType": "html", "content": "<p>Good <b>day</b></p>"},
        **values,
    }
    response = client.post(f"{ME}/messages", json=body)
    assert response.status_code == 201, response.text
    return response.json()


def mime_draft(client: httpx.Client, raw: bytes = MIME) -> dict:
    response = client.post(
        f"{ME}/messages", content=base64.b64encode(raw), headers={"Content-Type": "text/plain"}
    )
    assert response.status_code == 201, response.text
    return response.json()


def code(response: httpx.Response) -> str:
    error = response.json()["error"]
    assert error["innerError"]["request-id"]
    return error["code"]


def test_mime_draft_goes_out_as_given_without_bcc(outlook, server):
    made = mime_draft(outlook)
    assert made["internetMessageId"] == "<ours@postrider.example>"
    assert made["bccRecipients"][0]["emailAddress"]["address"] == "boss@x.example"
    assert outlook.post(f"{ME}/messages/{made['id']}/send").status_code == 202
    copies = server.control.delivered()
    assert {copy["recipient"] for copy in copies} == {"jane@x.example", "boss@x.example"}
    expected = MIME.replace(b"Bcc: boss@x.example\r\n", b"")
    assert base64.b64decode(copies[0]["raw_base64"]) == expected
    [accepted] = server.control.deliveries()
    assert accepted["recipients"] == ["jane@x.example", "boss@x.example"]


def test_mime_must_be_standard_base64(outlook):
    response = outlook.post(
        f"{ME}/messages", content=b"ab-_", headers={"Content-Type": "text/plain"}
    )
    assert code(response) == "ErrorMimeContentInvalidBase64String"


def test_the_immutable_id_finds_the_sent_copy(outlook):
    made = draft(outlook)
    outlook.post(f"{ME}/messages/{made['id']}/send")
    select = "isDraft,parentFolderId,sentDateTime,internetMessageId"
    sent = outlook.get(f"{ME}/messages/{made['id']}", params={"$select": select})
    folder = outlook.get(f"{ME}/mailFolders/sentitems").json()
    assert sent.headers["preference-applied"] == 'IdType="ImmutableId"'
    assert sent.json()["isDraft"] is False
    assert sent.json()["parentFolderId"] == folder["id"]
    assert set(sent.json()) == {"@odata.context", "@odata.etag", "id", *select.split(",")}


def test_an_ordinary_id_is_lost_on_the_move(outlook):
    del outlook.headers["Prefer"]
    made = draft(outlook)
    outlook.post(f"{ME}/messages/{made['id']}/send")
    response = outlook.get(f"{ME}/messages/{made['id']}")
    assert (response.status_code, code(response)) == (404, "ErrorItemNotFound")


def test_the_move_to_sent_items_takes_time(outlook, server):
    server.control.settings(sent_move_delay_s=3600)
    made = draft(outlook)
    assert outlook.post(f"{ME}/messages/{made['id']}/send").status_code == 202
    assert outlook.get(f"{ME}/messages/{made['id']}").json()["isDraft"] is True
    assert server.control.delivered() == []
    assert len(server.control.deliveries()) == 1


def test_a_second_send_is_refused_after_the_move(outlook, server):
    made = draft(outlook)
    outlook.post(f"{ME}/messages/{made['id']}/send")
    assert outlook.post(f"{ME}/messages/{made['id']}/send").status_code == 403
    assert len(server.control.deliveries()) == 1


def test_json_draft_gets_both_parts_on_the_wire(outlook, server):
    made = draft(outlook, internetMessageHeaders=[{"name": "x-deal", "value": "D-17"}])
    outlook.post(f"{ME}/messages/{made['id']}/send")
    wire = email.message_from_bytes(base64.b64decode(server.control.delivered()[0]["raw_base64"]))
    kinds = [part.get_content_type() for part in wire.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
    assert wire.get_payload()[0].get_payload(decode=True).decode().strip() == "Good day"
    assert wire["x-deal"] == "D-17"
    assert wire["Message-ID"] == made["internetMessageId"]
    assert wire["From"] == '"Ada Reyes" <ada@acme.onmicrosoft.example>'


def test_custom_headers_vanish_from_the_sent_copy(outlook, server):
    made = draft(outlook, internetMessageHeaders=[{"name": "x-deal", "value": "D-17"}])
    outlook.post(f"{ME}/messages/{made['id']}/send")
    server.control.deliveries()
    shown = outlook.get(f"{ME}/messages/{made['id']}", params={"$select": "internetMessageHeaders"})
    assert "x-deal" not in shown.text


@pytest.mark.parametrize(
    "headers",
    [
        [{"name": "In-Reply-To", "value": "<a@b>"}],
        [{"name": f"x-{n}", "value": "1"} for n in range(6)],
    ],
)
def test_only_five_x_headers_may_be_set(outlook, headers):
    response = outlook.post(f"{ME}/messages", json={"internetMessageHeaders": headers})
    assert response.status_code == 400
    assert code(response).startswith("InvalidInternetMessageHeader")


@pytest.mark.parametrize(
    ("values", "status", "expected"),
    [
        ({"toRecipients": []}, 400, "ErrorInvalidRecipients"),
        (
            {"toRecipients": [{"emailAddress": {"address": "no address"}}]},
            400,
            "ErrorInvalidRecipients",
        ),
        ({"from": {"emailAddress": {"address": "eve@evil.example"}}}, 403, "ErrorSendAsDenied"),
    ],
)
def test_what_cannot_be_sent_is_refused(outlook, server, values, status, expected):
    made = draft(outlook, **values)
    response = outlook.post(f"{ME}/messages/{made['id']}/send")
    assert (response.status_code, code(response)) == (status, expected)
    assert server.control.deliveries() == []


def test_drafts_are_patched_and_deleted(outlook):
    made = draft(outlook)
    changed = outlook.patch(
        f"{ME}/messages/{made['id']}",
        json={"subject": "Other", "ccRecipients": [JANE], "internetMessageId": "<mine@x.example>"},
    )
    assert changed.json()["subject"] == "Other"
    assert changed.json()["internetMessageId"] == "<mine@x.example>"
    assert changed.json()["changeKey"] != made["changeKey"]
    assert outlook.delete(f"{ME}/messages/{made['id']}").status_code == 204
    assert outlook.get(f"{ME}/messages/{made['id']}").status_code == 404


def test_deferred_send_is_held_and_cancelled_by_deleting(outlook, server):
    made = draft(
        outlook,
        singleValueExtendedProperties=[
            {"id": "SystemTime 0x3FEF", "value": "2199-01-01T08:00:00Z"}
        ],
    )
    assert outlook.post(f"{ME}/messages/{made['id']}/send").status_code == 202
    assert outlook.get(f"{ME}/messages/{made['id']}").json()["isDraft"] is True
    assert server.control.delivered() == []
    assert outlook.delete(f"{ME}/messages/{made['id']}").status_code == 204
    assert [row["cancelled"] for row in server.control.deliveries()] == [True]


def test_the_deferred_time_can_be_read_back(outlook):
    wanted = {"id": "SystemTime 0x3FEF", "value": "2199-01-01T08:00:00Z"}
    made = draft(outlook, singleValueExtendedProperties=[wanted])
    expand = "singleValueExtendedProperties($filter=id eq 'SystemTime 0x3FEF')"
    shown = outlook.get(f"{ME}/messages/{made['id']}", params={"$expand": expand}).json()
    assert shown["singleValueExtendedProperties"] == [wanted]


def test_deferred_send_goes_out_when_due(outlook, server):
    made = draft(
        outlook,
        singleValueExtendedProperties=[
            {"id": "SystemTime 0x3FEF", "value": "2001-01-01T08:00:00Z"}
        ],
    )
    outlook.post(f"{ME}/messages/{made['id']}/send")
    assert len(server.control.delivered()) == 1


def test_send_mail_in_one_step(outlook, server):
    body = {
        "message": {
            "subject": "x",
            "toRecipients": [JANE],
            "body": {"contentType": "text", "content": "y"},
        }
    }
    assert outlook.post(f"{ME}/sendMail", json=body).status_code == 202
    mime = outlook.post(
        f"{ME}/sendMail", content=base64.b64encode(MIME), headers={"Content-Type": "text/plain"}
    )
    assert mime.status_code == 202
    assert len(server.control.deliveries()) == 2


def test_scopes_decide(connect):
    reader = connect("microsoft", "nina@fabrikam.example", ["User.Read", "Mail.Read"])
    assert reader.get(f"{ME}").json()["mail"] == "nina@fabrikam.example"
    assert reader.get(f"{ME}/messages").status_code == 200
    assert code(reader.post(f"{ME}/messages", json={})) == "ErrorAccessDenied"
    sender = connect("microsoft", "nina@fabrikam.example", ["Mail.ReadWrite"])
    made = draft(sender)
    assert sender.post(f"{ME}/messages/{made['id']}/send").status_code == 403


def test_large_requests_are_refused(outlook):
    response = outlook.post(
        f"{ME}/messages",
        content=b"A" * (4 * 1024 * 1024 + 4),
        headers={"Content-Type": "text/plain"},
    )
    assert (response.status_code, code(response)) == (413, "ErrorMessageSizeExceeded")


def test_mail_from_gmail_arrives_with_attachment_and_conversation(ada, connect):
    nina = connect("microsoft", "nina@fabrikam.example")
    raw = (
        b"From: ada@acme.example\r\nTo: nina@fabrikam.example\r\nSubject: Plan\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n"
        b'--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename="a.csv"\r\n'
        b"\r\n1,2\r\n--b--\r\n"
    )
    ada.post(
        "/gmail/v1/users/me/messages/send", json={"raw": base64.urlsafe_b64encode(raw).decode()}
    )
    params = {"$top": "1", "$expand": "attachments"}
    got = nina.get(f"{ME}/mailFolders/inbox/messages", params=params).json()["value"][0]
    assert (got["subject"], got["hasAttachments"]) == ("Plan", True)
    assert base64.b64decode(got["attachments"][0]["contentBytes"]) == b"1,2"


def test_a_held_message_that_is_deleted_may_lie_in_deleted_items(outlook, server):
    server.control.settings(keep_deleted_drafts=True)
    made = draft(
        outlook,
        singleValueExtendedProperties=[
            {"id": "SystemTime 0x3FEF", "value": "2199-01-01T08:00:00Z"}
        ],
    )
    outlook.post(f"{ME}/messages/{made['id']}/send")
    assert outlook.delete(f"{ME}/messages/{made['id']}").status_code == 204
    found = outlook.get(f"{ME}/mailFolders/deleteditems/messages").json()["value"]
    assert [one["isDraft"] for one in found if one["subject"] == "Hello"] == [True]
    assert [row["cancelled"] for row in server.control.deliveries()] == [True]
    server.control.settings(keep_deleted_drafts=False)


def test_held_messages_go_by_the_services_clock_and_answers_tell_it(outlook, server):
    made = draft(
        outlook,
        singleValueExtendedProperties=[
            {"id": "SystemTime 0x3FEF", "value": "2199-01-01T08:00:00Z"}
        ],
    )
    outlook.post(f"{ME}/messages/{made['id']}/send")
    assert server.control.delivered() == []
    server.control.settings(clock_ahead_s=180 * 366 * 86_400.0)
    assert len(server.control.delivered()) == 1
    assert "22" in outlook.get(ME).headers["date"].split()[3][:2]
    server.control.settings(clock_ahead_s=0.0)


# --- MailTips ---

TIPS = f"{ME}/getMailTips"
OPTIONS = "automaticReplies, mailboxFullStatus, recipientScope"


def test_mail_tips_answer_in_order_and_only_what_was_asked_for(outlook, server):
    server.control.settings(recipient_tips={"jane@x.example": {"mailboxFull": True}})
    body = {"EmailAddresses": ["jane@x.example", "li@y.example"], "MailTipsOptions": OPTIONS}
    answer = outlook.post(TIPS, json=body).json()
    assert answer["@odata.context"].endswith("#Collection(microsoft.graph.mailTips)")
    assert answer["value"] == [
        {
            "emailAddress": {"name": "", "address": address},
            "automaticReplies": {"message": ""},
            "mailboxFull": is_full,
            "recipientScope": "external",
        }
        for address, is_full in (("jane@x.example", True), ("li@y.example", False))
    ]
    server.control.settings(recipient_tips={})


@pytest.mark.parametrize(
    "body",
    [
        {"EmailAddresses": [], "MailTipsOptions": OPTIONS},
        {"EmailAddresses": ["jane@x.example"]},
        {"EmailAddresses": ["jane@x.example"], "MailTipsOptions": "outOfOffice"},
        {"EmailAddresses": ["jane@x.example"] * 101, "MailTipsOptions": OPTIONS},
    ],
    ids=["nobody", "no options", "unknown option", "too many"],
)
def test_mail_tips_refuse_what_graph_refuses(outlook, body):
    assert outlook.post(TIPS, json=body).status_code == 400
