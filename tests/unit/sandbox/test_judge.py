from __future__ import annotations

import base64

import pytest

from app.sandbox.judge import complaints

CLEAN = (
    b"From: Ada <ada@acme.example>\r\nTo: j@x.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <a@b.example>\r\n"
    b"References: <c@d.example>\r\n <e@f.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"Sch\xc3\xb6ne Gr\xc3\xbc\xc3\x9fe\r\n"
)


def test_a_clean_message_has_no_complaints():
    assert complaints(CLEAN) == []


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        (b"e\r\n", b"e\n", "bare CR or LF"),
        (b"Sch", b"S" * 999, "longer than 998"),
        (b"To: j@x.example", b"To: j@x.example\r\nTo: k@x.example", "to stands more than once"),
        (b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", b"Subject: Gr\xc3\xbc", "subject holds 8-bit"),
        (b"=?utf-8?q?Gr", b"=?utf-8?q?" + b"a" * 70, "encoded word longer than 75"),
        (b"<c@d.example>", b"=?utf-8?q?=3Cc=40d=3E?=", "breaks threading"),
        (b"From: Ada <ada@acme.example>", b"From: Ada", "From names nobody"),
        (b"MIME-Version: 1.0\r\n", b"", "without MIME-Version"),
        (b"<a@b.example>", b"a@b.example", "no message id"),
        (b"8bit", b"7bit", "declared as 7bit"),
        (b"utf-8\r\n", b"klingon\r\n", "nobody knows the charset"),
        (b"\xc3\xb6", b"\xf6", "is not utf-8"),
        (b"8bit", b"base64\r\nX-Pad: 1", "Base64"),
        (b"text/plain;", b"multipart/mixed; boundary=b;", "multipart/mixed"),
        (b"<c@d.example>\r\n", b"<c@d.example>\r\n \r\n", "empty line"),
        (b"To: j@x.example", b"To j@x.example", "is no header field"),
    ],
)
def test_each_broken_rule_is_named(old, new, part):
    broken = CLEAN.replace(old, new, 1)
    assert broken != CLEAN
    assert [text for text in complaints(broken) if part in text], complaints(broken)


def test_long_base64_lines_are_named():
    body = base64.b64encode(b"x" * 300) + b"\r\n"
    head = CLEAN.partition(b"\r\n\r\n")[0].replace(b"8bit", b"base64")
    assert any("longer than 76" in text for text in complaints(head + b"\r\n\r\n" + body))


def test_deliveries_carry_the_complaints(ada, server):
    raw = base64.urlsafe_b64encode(b"From: ada@acme.example\nTo: j@x.example\n\nx").decode()
    ada.post("/gmail/v1/users/me/messages/send", json={"raw": raw})
    [row] = server.control.deliveries()
    assert any("bare CR or LF" in text for text in row["complaints"])


def test_what_graph_builds_itself_is_clean(outlook, server):
    made = outlook.post(
        "/graph/v1.0/me/messages",
        json={
            "subject": "Grüße an alle " * 12,
            "body": {"contentType": "html", "content": "<p>Schöne Grüße</p>" * 50},
            "toRecipients": [
                {"emailAddress": {"name": f"Jürgen Müller {n}", "address": f"j{n}@x.example"}}
                for n in range(30)
            ],
            "attachments": [{"name": "Übersicht.txt", "contentBytes": "YWJj"}],
        },
    ).json()
    outlook.post(f"/graph/v1.0/me/messages/{made['id']}/send")
    [row] = server.control.deliveries()
    assert row["complaints"] == []
    assert len(row["recipients"]) == 30
