"""Every request of a send, hurt in every way, at both providers: where the mail ends, how often it
was delivered, and what was shown.

The default run takes a selection; `make soak` (POSTRIDER_FULL=1) runs every cell. The table of what
ran is printed (`-s`) and written to build/fault-matrix.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.domain.outbound import OutboundState, Reason
from tests.support.fault_cells import CELLS, FAULTS, OPERATIONS, Cell, cannot_exist
from tests.support.fault_desk import Desk, Outcome
from tests.support.sandbox import sandbox

LABELS = {"gmail": "Gmail", "microsoft": "Outlook"}
TABLE = Path(__file__).parents[2] / "build" / "fault-matrix.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What must come of a cell. `shown` are states in words, {p} is the provider."""

    name: str
    state: OutboundState = OutboundState.SENT
    reason: Reason = Reason.NONE
    deliveries: int = 1
    attempts: int = 1
    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ("Not certain",)
    story: tuple[str, ...] = ("Accepted by {p}",)
    why: str = "A copy is in Sent at {p}."


SENT = Course(name="sent", story=("Accepted by {p}", "Compared with the copy in Sent"))
OFFLINE = Course(
    name="sent at the second try",
    attempts=2,
    shown=("Waiting for a connection",),
    story=("{p} did not take it; tried again later", "Accepted by {p}"),
)
DOWN = Course(
    name="sent at the second try",
    attempts=2,
    shown=("Waiting for {p}",),
    story=("{p} did not take it; tried again later", "Accepted by {p}"),
)
QUOTA = Course(
    name="sent when allowed",
    attempts=2,
    shown=("Waiting for quota",),
    story=("{p} asked to wait", "Accepted by {p}"),
)
SIGN_IN = Course(
    name="held for sign-in, then sent",
    state=OutboundState.HELD,
    reason=Reason.SIGN_IN,
    deliveries=0,
    shown=("Sign in again",),
    story=("Waiting for you",),
    why="The mail goes out by itself after you sign in.",
)
ASKED_SENT = Course(
    name="asked: was sent",
    shown=("Not certain",),
    hidden=("Waiting for a connection",),
    story=("{p}’s answer was lost", "{p} says it was sent ("),
)
ASKED_AGAIN = Course(
    name="asked: was not, sent then",
    attempts=2,
    shown=("Not certain", "Waiting to send"),
    hidden=("Waiting for a connection",),
    story=("{p}’s answer was lost", "{p} says it was not sent; it goes out now", "Accepted by {p}"),
)
NEW_DRAFT = Course(
    name="asked, new draft, sent",
    attempts=2,
    # For the moment in which the provider is asked whether somebody sent the draft by hand.
    shown=("Not certain", "Waiting for {p}"),
    hidden=(),
    story=("The draft is gone at {p}", "Accepted by {p}"),
)
YOURS = Course(
    name="the person decides",
    state=OutboundState.UNCERTAIN,
    reason=Reason.UNSETTLED,
    deliveries=0,
    shown=("Not certain",),
    hidden=("Waiting for a connection",),
    story=("{p}’s answer was lost", "{p} could not say; it is yours to decide"),
    why="nothing is sent by itself.",
)

# Accepted is accepted; only the copy cannot be looked at until the person signs in.
UNREAD = Course(name="sent, not read back")

_THROTTLES = dict.fromkeys([fault for fault in FAULTS if fault.startswith("429")], QUOTA)
_ANY_OTHER: dict[str, Course] = {"202 + Retry-After": SENT, "401": SENT, "revoked": SIGN_IN}
COURSES: dict[str, dict[str, Course]] = {
    "create draft": {
        **_ANY_OTHER,
        **_THROTTLES,
        "refuse before": OFFLINE,
        "accept, drop answer": OFFLINE,
        "accept, then 500": DOWN,
        "accept, then 504": DOWN,
        "reset mid-body": OFFLINE,
        "stall past timeout": OFFLINE,
        "answer after timeout": OFFLINE,
        "wrong JSON before": DOWN,
        "wrong JSON after": DOWN,
        "draft vanished": NEW_DRAFT,
    },
    # A broken chunk is mended inside the attempt: the session knows what it has.
    "upload chunk": {
        **dict.fromkeys(FAULTS, SENT),
        "revoked": SIGN_IN,
        "wrong JSON before": DOWN,
        "wrong JSON after": DOWN,
    },
    "send": {
        **_ANY_OTHER,
        **_THROTTLES,
        "refuse before": ASKED_AGAIN,
        "accept, drop answer": ASKED_SENT,
        "accept, then 500": ASKED_SENT,
        "accept, then 504": ASKED_SENT,
        "reset mid-body": ASKED_AGAIN,
        "stall past timeout": ASKED_SENT,
        "answer after timeout": ASKED_SENT,
        "wrong JSON before": ASKED_AGAIN,
        "wrong JSON after": ASKED_SENT,
        "draft vanished": NEW_DRAFT,
        "sent copy late": SENT,
        "Message-ID rewritten": SENT,
        "immutable id missing": SENT,
        "answer dropped, copy late": ASKED_SENT,
        "answer dropped, draft gone": YOURS,
    },
    # Accepted is accepted; a copy that could not be read is read a little later.
    "read-back": {**dict.fromkeys(FAULTS, SENT), "revoked": UNREAD},
    "token refresh": {
        **dict.fromkeys(FAULTS, OFFLINE),
        "stall past timeout": SENT,
        "answer after timeout": SENT,
        "revoked": SIGN_IN,
    },
}
# Google's library asks the token endpoint again by itself after 5xx and 429: a refresh is safe to repeat.
DIFFERENT = {
    Cell("token refresh", fault, "gmail"): SENT
    for fault in FAULTS
    if fault.startswith(("429", "accept, then"))
}
# Microsoft's library takes a token whatever 2xx it comes with.
DIFFERENT[Cell("token refresh", "202 + Retry-After", "microsoft")] = SENT

SELECTION = {
    ("create draft", "accept, drop answer"),
    ("create draft", "wrong JSON after"),
    ("create draft", "draft vanished"),
    ("send", "refuse before"),
    ("send", "accept, drop answer"),
    ("send", "accept, then 504"),
    ("send", "429 HTTP date"),
    ("send", "202 + Retry-After"),
    ("send", "revoked"),
    ("send", "answer after timeout"),
    ("send", "draft vanished"),
    ("send", "answer dropped, copy late"),
    ("send", "answer dropped, draft gone"),
    ("upload chunk", "accept, drop answer"),
    ("read-back", "accept, then 500"),
    ("token refresh", "accept, drop answer"),
}
IS_FULL = os.environ.get("POSTRIDER_FULL", "") not in {"", "0"}
POSSIBLE = [cell for cell in CELLS if not cannot_exist(cell)]
CHOSEN = [cell for cell in POSSIBLE if IS_FULL or (cell.operation, cell.fault) in SELECTION]


@pytest.fixture(scope="module")
def table() -> Iterator[dict[Cell, str]]:
    """Collect what came of each cell; printed and written at the end."""
    found: dict[Cell, str] = {}
    yield found
    text = "\n".join(_lines(found))
    print(f"\n{text}")  # noqa: T201  the table is what the run is for
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(text + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with sandbox() as server:
        made = Desk.open(tmp_path_factory.mktemp("matrix"), server)
        yield made
        made.close()


@pytest.mark.parametrize(
    "cell", CHOSEN, ids=lambda one: f"{one.provider}-{one.operation}-{one.fault}"
)
def test_cell(cell: Cell, desk: Desk, table: dict[Cell, str]) -> None:
    if cell.operation == "token refresh" and cell.provider == "microsoft":
        # Microsoft's library repeats a refusal from memory for a minute; signing in clears it.
        desk.sign_in(cell.provider)
    outcome = desk.run(cell)
    table[cell] = _described(outcome)
    course = DIFFERENT.get(cell) or COURSES[cell.operation][cell.fault]
    check(course, outcome, LABELS[cell.provider])
    if course is SIGN_IN:
        resumed = desk.sign_in_again(outcome.uid, cell.provider)
        assert (resumed.state, resumed.deliveries) == (OutboundState.SENT, 1), resumed.story
    if course is UNREAD:
        desk.sign_in(cell.provider)
    if cell.operation != "send" or cell.fault != "answer dropped, draft gone":
        assert desk.drafts_left(cell) == [], "a draft stays at the provider"


def check(course: Course, outcome: Outcome, provider: str) -> None:
    """Compare what happened and what was shown with what must."""
    shown = outcome.words
    assert outcome.hits >= 1, "the fault was not met"
    assert outcome.deliveries == course.deliveries, outcome.story
    assert (outcome.state, outcome.reason) == (course.state, course.reason), outcome.story
    assert outcome.attempts == course.attempts, outcome.story
    assert course.why.format(p=provider) in outcome.why
    for words in course.shown:
        assert words.format(p=provider) in outcome.shown, shown
    for words in course.hidden:
        assert words not in outcome.shown, shown
    rest = "\n".join(outcome.story)
    for sentence in course.story:
        _, found, rest = rest.partition(sentence.format(p=provider))
        assert found, (sentence, outcome.story)


def test_every_cell_is_expected_or_impossible_for_a_reason() -> None:
    for cell in CELLS:
        assert cannot_exist(cell) or cell.fault in COURSES[cell.operation], cell


def _described(outcome: Outcome) -> str:
    times = {0: "not delivered", 1: "once"}.get(outcome.deliveries, f"{outcome.deliveries} TIMES")
    return f"{outcome.state.value}, {times}: {outcome.words}"


def _lines(found: dict[Cell, str]) -> list[str]:
    lines = ["# Fault matrix", ""]
    for provider, label in LABELS.items():
        for operation in OPERATIONS:
            lines += [f"## {label}: {operation}", "", "| fault | what came of it |", "|---|---|"]
            for fault in FAULTS:
                cell = Cell(operation, fault, provider)
                reason = cannot_exist(cell)
                came = f"– ({reason})" if reason else found.get(cell, "not in this run")
                lines.append(f"| {fault} | {came} |")
            lines.append("")
    lines.append(f"{len(found)} cells run, {len(POSSIBLE)} possible, {len(CELLS)} in all.")
    return lines
