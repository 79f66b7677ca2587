"""What a start asks for: links read, handed over, made into a draft. No Qt is loaded for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.runtime.clock import RandomIds
from app.runtime.single_instance import SingleInstance
from app.ui.launch import Inbox, LaunchRequest, draft_for
from app.ui.start import NOT_ANSWERING, start_window
from tests.support.mailroom_host import FixedClock
from tests.support.mailroom_values import NOW, make_mailbox
from tests.support.waiting import wait_until


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mailto:jane@x.example", LaunchRequest(page="compose", to=("jane@x.example",))),
        (
            "mailto:a@x.example,b@x.example?cc=c@x.example&subject=Q3%20%26%20Q4&body=Hi%0D%0AJane",
            LaunchRequest(
                page="compose",
                to=("a@x.example,b@x.example",),
                cc=("c@x.example",),
                subject="Q3 & Q4",
                body="Hi\nJane",
            ),
        ),
        (
            "MAILTO:?to=a%2Bb@x.example&to=c@x.example&subject=1+1",
            LaunchRequest(page="compose", to=("a+b@x.example", "c@x.example"), subject="1+1"),
        ),
        ("mailto:", LaunchRequest(page="compose")),
        ("mailto:?attach=/etc/passwd&attachment=/etc/passwd", LaunchRequest(page="compose")),
        ("mailto:?subject=a%0D%0ABcc:%20x@y.example",
         LaunchRequest(page="compose", subject="a Bcc: x@y.example")),
        ("https://x.example/", LaunchRequest()),
    ],
)  # fmt: skip
def test_mailto_links(url, expected):
    assert LaunchRequest().with_mailto(url) == expected


def test_a_request_survives_the_hand_over():
    request = LaunchRequest(
        page="compose", to=("a@x.example",), attach=("/home/ada/deck.pdf",), sender="s@x"
    )

    assert LaunchRequest.from_message(request.to_message()) == request


@pytest.mark.parametrize("message", [{}, {"to": "text", "page": 7, "more": [1]}, {"to": [1, None]}])
def test_a_message_that_is_not_understood_opens_something_harmless(message):
    request = LaunchRequest.from_message(message)

    assert request.page == ""
    assert all(isinstance(one, str) for one in request.to)


def test_a_request_becomes_a_draft():
    request = LaunchRequest(
        to=('"Doe, Jane" <jane@x.example>; not an address', "raj@x.example"),
        subject="Hello",
        body="one\ntwo <b>",
        sender="ADA@acme.example",
    )

    draft = draft_for(request, [make_mailbox()], ids=RandomIds(), clock=FixedClock())

    assert [one.addr_spec for one in draft.recipients.to] == ["jane@x.example", "raj@x.example"]
    assert draft.recipients.to[0].name == "Doe, Jane"
    assert draft.mailbox_uid == "box-1"
    assert "&lt;b&gt;" in draft.body.html
    assert draft.created_at == NOW


def test_a_request_for_nothing_is_a_blank_draft():
    draft = draft_for(LaunchRequest(), [], ids=RandomIds(), clock=FixedClock())

    assert draft.is_blank


def test_requests_that_come_before_anybody_listens_are_kept():
    inbox = Inbox()
    heard = []
    inbox.put({"page": "mailroom"})

    inbox.listen(heard.append)
    inbox.put({"page": "accounts"})

    assert [one.page for one in heard] == ["mailroom", "accounts"]


def never():
    raise AssertionError("the second start opened the profile")


def test_a_second_start_hands_over_and_ends(tmp_path):
    first, second = (SingleInstance(tmp_path / "instance") for _ in range(2))
    heard = []
    assert first.acquire(heard.append)

    code = start_window(
        instance=second, launch=LaunchRequest(to=("a@x.example",)), open_services=never
    )

    assert code == 0
    wait_until(lambda: heard, what="the hand-over")
    assert LaunchRequest.from_message(heard[0]).to == ("a@x.example",)
    first.release()


def test_a_running_instance_that_does_not_answer_is_told_apart(tmp_path):
    first, second = (SingleInstance(tmp_path / "instance") for _ in range(2))
    assert first.acquire(lambda _message: None)
    (tmp_path / "instance").write_text("{}")

    code = start_window(instance=second, launch=LaunchRequest(), open_services=never)

    assert code == NOT_ANSWERING
    first.release()


def test_the_door_loads_no_qt():
    script = "import sys, app.ui.start; print('PySide6' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "False"
