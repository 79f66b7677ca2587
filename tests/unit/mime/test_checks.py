from __future__ import annotations

from typing import Any

import pytest

from app.domain.account import ProviderKind
from app.domain.address import Address
from app.domain.attachment import Attachment
from app.domain.draft import Body, BodyMode, Quote, Recipients, ReplyMode
from app.domain.problem import Problem
from app.mime.checks import check_draft, find_errors
from app.mime.reminders import attachment_word
from app.mime.reply import reply_context
from tests.support.drafts import JANE, draft, mailbox, original


def problems(*, provider: ProviderKind = ProviderKind.GMAIL, **changes: Any) -> tuple[Problem, ...]:
    written, sender = draft(**changes), mailbox(provider=provider)
    found = check_draft(written, mailbox=sender, limit_bytes=1000)
    errors = find_errors(written, mailbox=sender, limit_bytes=1000)
    assert errors == tuple(one for one in found if one.is_error)
    return found


def codes(**changes: Any) -> list[str]:
    return [problem.code for problem in problems(**changes)]


def file(name: str = "deck.pdf", size_bytes: int = 10) -> Attachment:
    return Attachment(
        uid="u", filename=name, media_type="application/pdf", size_bytes=size_bytes, sha256="0"
    )


def plain(text: str) -> Body:
    return Body(BodyMode.PLAIN, "", text)


def test_a_good_draft_has_no_problem() -> None:
    assert codes() == []


def test_everything_is_said_at_once_errors_first() -> None:
    found = check_draft(
        draft(
            recipients=Recipients(), subject="", body=Body(), attachments=(file(size_bytes=2000),)
        ),
        mailbox=None,
        limit_bytes=1000,
    )
    assert [p.code for p in found] == [
        "no_mailbox",
        "no_recipients",
        "attachments_too_large",
        "no_subject",
        "empty_body",
    ]
    assert [p.is_error for p in found] == [True, True, True, False, False]


@pytest.mark.parametrize("field", ["to", "cc", "bcc", "reply_to"])
def test_a_bad_address_is_named_with_its_field_and_reason(field: str) -> None:
    people = {"to": (JANE,), field: (Address("raj@", "Raj"),)}
    (found,) = problems(recipients=Recipients(**people))
    assert (found.code, found.field) == ("bad_address", field)
    assert found.params["reason"] == "no_domain"
    assert "raj@" in found.params["address"]


def test_an_address_the_wire_cannot_carry_is_an_error() -> None:
    (found,) = problems(recipients=Recipients(to=(Address("jörg@x.example"),)))
    assert (found.code, found.params["reason"]) == ("bad_address", "non_ascii_local_part")


def test_a_name_that_would_end_its_header_is_an_error() -> None:
    (found,) = problems(recipients=Recipients(to=(Address("j@x.example", "a\r\nBcc: b"),)))
    assert (found.code, found.field, found.is_error) == ("unsafe_header", "to", True)


def test_bcc_alone_is_enough() -> None:
    assert codes(recipients=Recipients(bcc=(JANE,))) == []


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("a\nb", ["unsafe_header"]),
        ("a\u2028b", ["unsafe_header"]),
        ("  \t", ["no_subject"]),
        ("x" * 151, ["long_subject"]),
        ("x " * 75, []),
        ("ü" * 999, ["subject_too_long"]),
    ],
    ids=ascii,
)
def test_subjects(subject: str, expected: list[str]) -> None:
    assert codes(subject=subject) == expected


def test_files_over_the_limit_are_an_error_with_both_sizes() -> None:
    (found,) = problems(attachments=(file(size_bytes=600), file(size_bytes=401)))
    assert found.code == "attachments_too_large"
    assert (found.params["size_bytes"], found.params["limit_bytes"]) == ("1001", "1000")
    assert codes(attachments=(file(size_bytes=1000),)) == []


@pytest.mark.parametrize(
    "text",
    [
        "The deck is attached.",
        "Please find the attachment below",
        "Anbei das Angebot",
        "Siehe im Anhang",
        "Vous trouverez la pièce  jointe",
        "Ver archivo adjunto",
        "In allegato il preventivo",
        "Segue anexo o contrato",
        "Zie bijlage",
        "Se bifogad fil",
        "W załączeniu oferta",
        "Смотрите вложение",
        "ファイルを添付します",
        "请查收附件",
    ],
)
def test_text_that_speaks_of_a_file_reminds(text: str) -> None:
    assert codes(body=plain(text)) == ["missing_attachment"]
    assert codes(body=plain(text), attachments=(file(),)) == []


@pytest.mark.parametrize("text", ["We detached it", "reattachedness", "> see attached", "an bei"])
def test_other_words_and_quoted_ones_do_not(text: str) -> None:
    assert codes(body=plain(text)) == []


def test_words_of_the_original_do_not_remind() -> None:
    quote = Quote(attribution="A:", html="<p>attached", text="attached")
    reply = reply_context(original(), ReplyMode.REPLY)
    assert codes(quote=quote, subject="Re: attached offer", reply=reply) == []
    assert attachment_word("Ist angehängt.") == "angehängt"


def test_an_empty_text_warns_unless_something_is_forwarded() -> None:
    assert codes(body=plain("  ")) == ["empty_body"]
    forward = {
        "quote": Quote(attribution="", html="", text="x"),
        "reply": reply_context(original(), ReplyMode.FORWARD),
    }
    assert codes(body=plain(""), **forward) == []


def test_a_picture_without_its_file_warns() -> None:
    assert codes(body=Body(BodyMode.HTML, '<p>x<img src="cid:a@x"></p>')) == ["inline_missing"]


@pytest.mark.parametrize(
    ("name", "gmail", "outlook"),
    [
        ("setup.EXE", True, True),
        ("run.bat. ", True, True),
        ("site.url", False, True),
        ("disk.dmg", True, False),
        ("deck.pdf", False, False),
        ("exe", False, False),
    ],
)
def test_files_the_provider_refuses_warn(name: str, gmail: bool, outlook: bool) -> None:
    for provider, is_refused in ((ProviderKind.GMAIL, gmail), (ProviderKind.MICROSOFT, outlook)):
        found = problems(provider=provider, attachments=(file(name),))
        assert bool(found) == is_refused
        assert all(p.code == "blocked_type" and not p.is_error for p in found)


@pytest.mark.parametrize("spec", ["jane@northwind", "jane@server", "jane@例え"])
def test_a_domain_without_a_dot_stops_the_send(spec: str) -> None:
    found = problems(recipients=Recipients(to=(Address(spec, "Jane"),)))[0]

    assert (found.code, found.params["reason"]) == ("bad_address", "no_dot")
    assert found.is_error


@pytest.mark.parametrize(
    "spec", ["jane@northwind.example", "jane@例え。example", "jane@[192.0.2.1]"]
)
def test_other_domains_have_their_dot(spec: str) -> None:
    found = problems(recipients=Recipients(to=(Address(spec),)))

    assert "no_dot" not in [problem.params.get("reason") for problem in found]
