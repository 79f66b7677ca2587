from __future__ import annotations

from datetime import UTC

import pytest

from app.domain.address import Address
from app.domain.mail_tips import MailTip
from app.domain.texts_tips import LARGE_AUDIENCE, tip_sentence, tips_sentence
from tests.support.mailroom_values import JANE, NOW, RAJ, minutes

LEE = Address("lee@sung.example", "Lee Sung")
LIST = Address("sales-all@acme.example", "All of Sales")


def tip(**values):
    return MailTip(address="x@y.example", **values)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([(JANE, tip())], ""),
        ([(JANE, tip(away="Back soon"))], "Jane Doe is out of office."),
        (
            [(JANE, tip(away="Back soon", away_until=minutes(600)))],
            "Jane Doe is out of office until Wed 00:07.",
        ),
        (
            [(JANE, tip(away="Back soon")), (RAJ, tip(away="Gone"))],
            "Jane Doe and Raj Patel are out of office.",
        ),
        ([(JANE, tip(away="Was away", away_until=minutes(-1)))], ""),
        ([(JANE, tip(away="Will be away", away_from=minutes(60)))], ""),
        ([(JANE, tip(is_full=True))], "Jane Doe has a full mailbox."),
        ([(JANE, tip(is_restricted=True))], "Jane Doe may refuse mail from you."),
        ([(LIST, tip(is_moderated=True))], "Mail to All of Sales is looked at by a moderator."),
        ([(JANE, tip(is_unknown=True))], "Jane Doe is not known to Outlook."),
        ([(JANE, tip(custom="Read on Mondays."))], "Jane Doe: Read on Mondays."),
        ([(LIST, tip(members=LARGE_AUDIENCE - 1))], ""),
        (
            [(LIST, tip(members=312, outside=5)), (JANE, tip())],
            "This goes to 313 people, 5 of them outside your organisation.",
        ),
        ([(JANE, tip(is_outside=True)), (RAJ, tip(is_outside=True))], ""),
        (
            [(JANE, tip(is_outside=True)), (LEE, tip(is_outside=False))],
            "Jane Doe is outside your organisation.",
        ),
        (
            [(JANE, tip(is_full=True)), (RAJ, tip(away="Gone"))],
            "Jane Doe has a full mailbox; Raj Patel is out of office.",
        ),
    ],
)
def test_one_sentence_says_what_matters(found, expected):
    assert tips_sentence(found, NOW, UTC) == expected


def test_many_names_are_counted():
    people = [Address(f"p{n}@y.example", f"Person {n}") for n in range(5)]
    assert tips_sentence([(one, tip(is_full=True)) for one in people], NOW, UTC) == (
        "Person 0, Person 1, Person 2 and 2 others have a full mailbox."
    )


def test_a_chip_says_everything_and_quotes_the_reply():
    said = tip_sentence(tip(away="x" * 500, is_full=True, members=3, outside=1), NOW, UTC)
    assert said.startswith("The mailbox is full and takes no mail. Out of office.")
    assert "…”" in said
    assert said.endswith("A list of 3 people, 1 of them outside your organisation.")
    assert len(said) < 300
    assert tip_sentence(tip(), NOW, UTC) == ""
