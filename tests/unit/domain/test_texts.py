"""Sentences: complete over every code, state and reason, and in the words of the house."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

import app.domain.errors
import app.settings
from app.domain import texts
from app.domain.account import AccountState, Capability, ProviderKind
from app.domain.errors import (
    AppError,
    AttachmentMissing,
    AttachmentTooLarge,
    DraftRejected,
    NotConnected,
    ScopesMissing,
    SignInFailed,
    Throttled,
    VaultUnavailable,
)
from app.domain.outbound import (
    DeliveryStep,
    HistoryEntry,
    Keeper,
    OutboundState,
    Reason,
    Receipt,
)
from app.domain.problem import Problem, Severity
from app.domain.texts_account import missing_sentences, removal_sentence
from app.domain.texts_errors import is_not_registered, not_registered_sentence
from app.domain.texts_history import HISTORY_TEXTS
from app.domain.texts_rows import ROW_TEXTS
from tests.support.mailroom_values import (
    JANE,
    NOW,
    RAJ,
    make_account,
    make_draft,
    make_record,
    minutes,
)
from tests.support.sources import app_sources, dotted

JARGON = re.compile(
    r"uncertain|exception|null|none|invalid|deliver|throttl|reconcil|token\b|mime|[{}!_]|  ",
    re.IGNORECASE,
)


def every_error_type():
    waiting, found = [AppError], []
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return sorted(set(found), key=lambda kind: kind.__name__)


def bare(kind):
    return kind(()) if kind is DraftRejected else kind()


def assert_well_said(sentence):
    assert sentence[:1].isupper() or sentence[:1] in "“…", sentence
    assert sentence.endswith("."), sentence
    assert not JARGON.search(sentence), sentence


# --- errors ---


@pytest.mark.parametrize("kind", every_error_type(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_sentence_of_its_own(kind):
    assert kind.code in texts.ERROR_TEXTS
    assert_well_said(texts.error_sentence(bare(kind)))


def test_no_sentence_is_kept_for_an_error_that_does_not_exist():
    assert set(texts.ERROR_TEXTS) == {kind.code for kind in every_error_type()}


def test_every_error_class_has_its_own_code():
    kinds = [
        kind
        for module in (app.domain.errors, app.settings)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, AppError) and kind.__module__ == module.__name__
    ]

    assert len({kind.code for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            Throttled(provider="gmail", retry_after_s=840),
            "Gmail asks to wait. Try again in 14 min.",
        ),
        (
            AttachmentTooLarge(filename="a.zip", size_bytes=31_000_000, limit_bytes=25_000_000),
            "a.zip has 31 MB; at most 25 MB can be attached. Send a link to it instead.",
        ),
        (
            AttachmentMissing(filename="src", detail="folder"),
            "src is a folder. Pack it into one file, then attach that.",
        ),
        (NotConnected(), "No account is connected yet. Add one under Accounts."),
        (
            ScopesMissing(
                provider="gmail", scopes=("https://www.googleapis.com/auth/gmail.compose",)
            ),
            (
                "Google did not give Postrider the permission to write drafts and send mail."
                " Try again and leave every box ticked."
            ),
        ),
    ],
)
def test_errors_say_their_values(error, expected):
    assert texts.error_sentence(error) == expected


@pytest.mark.parametrize("provider", list(ProviderKind))
def test_a_missing_client_id_names_the_next_step(provider):
    error = SignInFailed(provider=provider.value, detail="no client id is set (google.client_id)")

    assert is_not_registered(error)
    assert texts.error_sentence(error) == not_registered_sentence(provider)
    assert "README" in texts.error_sentence(error)


@pytest.mark.parametrize(
    "reason",
    ["no_keyring", "keyring_locked", "keyring_forgets", "keyring_failed", "no_passphrase",
     "wrong_passphrase", "key_lost", "other_key_kind", "damaged", "busy", "unreadable",
     "unwritable"],
)  # fmt: skip
def test_every_trouble_with_kept_sign_ins_has_a_next_step(reason):
    sentence = texts.error_sentence(VaultUnavailable(reason=reason))

    assert_well_said(sentence)
    assert "_" not in sentence


def test_a_rejected_draft_says_everything_that_stops_it_and_no_warning():
    error = DraftRejected(
        (
            Problem(code="no_recipients", field="to"),
            Problem(code="no_subject", field="subject", severity=Severity.WARNING),
            Problem(code="no_mailbox", field="from"),
        )
    )

    assert texts.error_sentence(error) == (
        "Nobody is named. Fill in To, Cc or Bcc. No account is chosen. Choose one under From."
    )


# --- problems ---


def calls_in_app(*names):
    """Give every call of these functions in the product."""
    for source in app_sources():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in names:
                yield node


def words_in(node):
    found = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
    return {one for one in found if isinstance(one, str) and re.fullmatch("[a-z]+(_[a-z]+)*", one)}


def keyword(call, name):
    return next((one.value for one in call.keywords if one.arg == name), None)


def test_every_problem_the_product_raises_is_said_and_no_other():
    raised = set()
    for call in calls_in_app("Problem", "_warning"):
        code = keyword(call, "code") or (call.args[0] if call.args else None)
        raised |= words_in(code) if isinstance(code, ast.Constant) else set()

    assert "no_recipients" in raised
    assert raised == set(texts.PROBLEM_TEXTS)


def test_every_step_the_outbox_writes_down_is_said():
    written = set()
    for call in calls_in_app("change", "_next", "_accepted", "HistoryEntry"):
        event = keyword(call, "event")
        place = {"change": 1, "_next": 2, "_accepted": 2}.get(dotted(call.func).split(".")[-1])
        if place is not None and len(call.args) > place:
            event = call.args[place]
        if isinstance(event, ast.Constant | ast.IfExp):
            written |= words_in(event)

    for source in (one for one in app_sources() if one.path.startswith("app/outbox/")):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Assign) and "event" in map(dotted, node.targets):
                written |= words_in(node.value)

    assert {"submitted", "draft_found", "draft_made", "draft_unasked", "answer_lost"} <= written
    assert written <= set(HISTORY_TEXTS)


@pytest.mark.parametrize("code", sorted(texts.PROBLEM_TEXTS))
def test_every_problem_has_a_sentence_without_and_with_values(code):
    assert_well_said(texts.problem_sentence(Problem(code=code, field="to")))


def test_an_unknown_problem_still_names_the_field():
    problem = Problem(code="brand_new", field="reply_to")

    assert texts.problem_sentence(problem) == "Something is wrong with the Reply-To. Check it."


def test_sizes_in_problems_are_said_in_units():
    problem = Problem(
        code="attachments_too_large",
        field="attachments",
        params={"size_bytes": "31000000", "limit_bytes": "25000000", "provider": "Gmail"},
    )

    assert texts.problem_sentence(problem) == (
        "The files have 31 MB together; Gmail takes at most 25 MB. Remove some, or send a link."
    )


@pytest.mark.parametrize(
    "reason",
    ["no_at", "no_local", "no_domain", "no_dot", "too_long", "dots", "local_characters",
     "domain_characters", "literal", "hidden_characters", "syntax"],
)  # fmt: skip
def test_every_reason_against_an_address_has_a_sentence(reason):
    problem = Problem(code="bad_address", field="to", params={"address": "X@y", "reason": reason})

    sentence = texts.problem_sentence(problem)

    assert_well_said(sentence)
    assert "X@y" in sentence


# --- rows ---


@pytest.mark.parametrize(
    ("state", "reason"), list(itertools.product(OutboundState, Reason)), ids=str
)
def test_every_state_and_reason_has_words(state, reason):
    for step in DeliveryStep:
        words = texts.row_words(make_record(state, reason, step=step), NOW, UTC)

        assert words.state
        assert_well_said(words.why)
        assert not JARGON.search(words.state + words.state_detail)
        assert len(set(words.actions)) == len(words.actions)


def test_only_a_record_on_its_way_offers_nothing_to_do():
    silent = {
        state
        for state, reason in itertools.product(OutboundState, Reason)
        if not texts.row_words(make_record(state, reason), NOW, UTC).actions
    }

    assert silent == {OutboundState.SENDING}


def test_only_what_may_be_sent_twice_asks_before_sending_again():
    asking = {
        state
        for (state, _), words in ROW_TEXTS.items()
        if texts.Action.RESOLVE_AGAIN in words.actions
    }

    assert asking == {OutboundState.UNCERTAIN}
    assert texts.Action.RESOLVE_AGAIN.label.endswith("…")


@pytest.mark.parametrize("action", list(texts.Action))
def test_every_action_has_a_verb(action):
    assert action.label
    assert not JARGON.search(action.label)


def test_an_uncertain_row_says_when_it_asks_again():
    record = make_record(
        OutboundState.UNCERTAIN, Reason.SETTLING, uncertain_at=minutes(-1), due_at=minutes(1)
    )

    words = texts.row_words(record, NOW, UTC)

    assert (words.state, words.state_detail) == ("Not certain", "since 14:06")
    assert words.why == ("Gmail’s answer was lost. Asking again at 14:08; nothing is sent twice.")


def test_a_sent_row_says_accepted_and_when():
    record = make_record(OutboundState.SENT, sent_at=minutes(-1))

    words = texts.row_words(record, NOW, UTC)

    assert (words.state, words.state_detail) == ("Accepted by Gmail", "14:06")


def test_a_sent_row_shows_what_the_provider_changed():
    receipt = Receipt(provider_message_id="1", differences=("From is sales@acme.example",))
    record = make_record(OutboundState.SENT, sent_at=NOW, receipt=receipt)

    assert texts.row_words(record, NOW, UTC).why == (
        "Gmail changed on the way: From is sales@acme.example."
    )


def test_braces_from_outside_are_shown_not_filled():
    receipt = Receipt(provider_message_id="1", differences=("Subject is {detail}",))
    record = make_record(OutboundState.SENT, sent_at=NOW, receipt=receipt)
    held = make_record(OutboundState.HELD, Reason.POLICY, detail="see {0.__class__} and {x}")

    assert "{detail}" in texts.row_words(record, NOW, UTC).why
    assert "{0.__class__} and {x}" in texts.row_words(held, NOW, UTC).why


def test_an_upload_shows_how_far_it_is():
    record = make_record(OutboundState.SENDING, step=DeliveryStep.DRAFTING, attempts=1)

    words = texts.row_words(record, NOW, UTC, percent=63)

    assert (words.state, words.state_detail, words.mark) == (
        "Uploading 63 %",
        "first attempt",
        "upload",
    )


def test_an_upload_that_goes_on_says_so():
    again = make_record(OutboundState.SENDING, step=DeliveryStep.DRAFTING, attempts=2)
    kept = replace(again, upload_state="sealed")

    whys = [texts.row_words(one, NOW, UTC, percent=61).why for one in (again, kept)]

    assert whys == [
        "Goes out when all of it is there.",
        "Going on with the upload that was interrupted.",
    ]


def test_a_time_to_try_again_is_never_in_the_past():
    record = make_record(OutboundState.QUEUED, Reason.OFFLINE, due_at=minutes(-30))

    assert "at 14:07" in texts.row_words(record, NOW, UTC).why


def test_times_are_shown_where_the_person_is():
    kolkata = timezone(timedelta(hours=5, minutes=30))
    record = make_record(OutboundState.HELD, Reason.SIGN_IN, updated_at=minutes(-295))

    assert texts.row_words(record, NOW, UTC).state_detail == "held since 09:12"
    assert texts.row_words(record, NOW, kolkata).state_detail == "held since 14:42"


# --- history ---


def entry(event, **detail):
    return HistoryEntry(at=minutes(-1), state=OutboundState.SENDING, event=event, detail=detail)


def test_a_step_is_told_with_its_values_and_its_evidence():
    line = texts.history_line(
        entry("not_accepted", status="503", request_id="r-1"), ProviderKind.GMAIL, NOW, UTC
    )

    assert (line.time, line.text) == ("14:06:00", "Gmail did not take it; tried again later")
    assert line.evidence == "HTTP status 503 · request r-1"


def test_a_long_hash_is_shown_by_its_ends():
    line = texts.history_line(
        entry("submitted", frozen="3f9c1a" + "0" * 56 + "09e1"), ProviderKind.GMAIL, NOW, UTC
    )

    assert line.text == "Send pressed; content frozen 3f9c1a…09e1"


def test_signing_in_as_somebody_else_is_said():
    error = SignInFailed(provider="microsoft", detail="other_account")

    assert "as somebody else" in texts.error_sentence(error)


def test_a_draft_says_when_it_was_saved():
    words = texts.draft_words(make_draft(), NOW, UTC)

    assert (words.state, words.state_detail) == ("Draft", "saved 14:02")


def test_a_value_that_is_in_the_sentence_is_not_repeated_as_evidence():
    line = texts.history_line(entry("asked", found="draft is gone"), ProviderKind.GMAIL, NOW, UTC)

    assert (line.text, line.evidence) == ("Gmail asked: draft is gone", "")


def test_a_step_that_is_not_known_is_told_by_its_name():
    line = texts.history_line(entry("moved_house"), ProviderKind.GMAIL, NOW, UTC)

    assert line.text == "Moved house"


# --- accounts and values ---


def test_a_signed_out_account_says_since_when_and_what_waits():
    account = make_account(
        provider=ProviderKind.MICROSOFT, state=AccountState.SIGNED_OUT, state_since=minutes(-295)
    )

    sentence = texts.state_sentence(account, 1, NOW, UTC)

    assert sentence == "Signed out by Microsoft at 09:12 · 1 mail is waiting"
    assert texts.state_sentence(make_account(), 3, NOW, UTC) == ""


def test_what_an_account_may_do_and_what_it_misses():
    only_send = make_account(capabilities=frozenset({Capability.SEND}))

    assert texts.capability_sentence(make_account(), 2) == (
        "Sends, drafts, conversations, 2 aliases"
    )
    assert texts.capability_sentence(only_send) == "Sends"
    assert len(missing_sentences(only_send)) == 3
    assert missing_sentences(make_account()) == ()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW, "14:07"),
        (NOW + timedelta(days=1), "Wed 14:07"),
        (NOW - timedelta(days=3), "Sat 14:07"),
        (NOW - timedelta(days=30), "14 Jun 14:07"),
        (datetime(2024, 11, 3, 8, tzinfo=UTC), "3 Nov 2024"),
    ],
)
def test_moments_are_short_and_unmistakable(at, expected):
    assert texts.moment_text(at, NOW, UTC) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, "0 B"), (999, "999 B"), (310_000, "310 KB"), (999_600, "1.0 MB"), (4_200_000, "4.2 MB"),
     (25_000_000, "25 MB"), (3_500_000_000, "3.5 GB")],
)  # fmt: skip
def test_sizes(size, expected):
    assert texts.size_text(size) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-3, "0 s"), (40, "40 s"), (60, "1 min"), (840, "14 min"), (7300, "2 h"), (90_000, "25 h"),
     (200_000, "2 days")],
)  # fmt: skip
def test_spans(seconds, expected):
    assert texts.span_text(seconds) == expected


def test_people_are_named_up_to_three():
    assert texts.people_text((JANE, RAJ)) == "Jane Doe, Raj Patel"
    assert texts.people_text((JANE,) * 5) == "Jane Doe, Jane Doe, Jane Doe and 2 others"


@pytest.mark.parametrize("mode", ["keyring", "passphrase", "session", "file-key"])
def test_every_way_to_keep_tokens_is_said(mode):
    assert texts.vault_sentence(mode)


def test_an_unknown_way_to_keep_tokens_is_not_guessed():
    assert texts.vault_sentence("auto") == ""


# --- mail that the provider keeps ---


def kept_record(state, reason, **changes):
    values = {"keeper": Keeper.PROVIDER, "planned_at": minutes(60), "due_at": minutes(61)}
    return make_record(state, reason, provider=ProviderKind.MICROSOFT, **{**values, **changes})


@pytest.mark.parametrize("planned", [-60, 60])
@pytest.mark.parametrize("step", list(DeliveryStep))
@pytest.mark.parametrize(
    ("state", "reason"), list(itertools.product(OutboundState, Reason)), ids=str
)
def test_every_row_of_kept_mail_has_words(state, reason, step, planned):
    words = texts.row_words(
        kept_record(state, reason, step=step, planned_at=minutes(planned)), NOW, UTC
    )

    assert_well_said(words.why)
    assert not JARGON.search(words.state + words.state_detail)


def test_who_keeps_a_scheduled_mail_is_said():
    there = kept_record(OutboundState.SCHEDULED, Reason.AT_PROVIDER, step=DeliveryStep.WAITING)
    here = make_record(OutboundState.SCHEDULED, Reason.SCHEDULED)

    assert texts.row_words(there, NOW, UTC).why == (
        "Outlook has it and sends it at 15:07, even if this computer is off."
    )
    assert texts.row_words(here, NOW, UTC).why == (
        "Goes out at 14:08. This computer must be on and online then."
    )


def test_after_its_moment_kept_mail_is_asked_about_not_called_scheduled():
    record = kept_record(
        OutboundState.SCHEDULED, Reason.AT_PROVIDER, step=DeliveryStep.WAITING,
        planned_at=minutes(-5), due_at=minutes(1),
    )  # fmt: skip

    words = texts.row_words(record, NOW, UTC)

    assert (words.state, words.state_detail) == ("Due at Outlook", "since 14:02")
    assert words.why == "Outlook was to send it at 14:02. Asking at 14:08 whether it went."


@pytest.mark.parametrize(
    ("waiting", "kept", "expected"),
    [
        (0, 0, ""),
        (2, 0, "Mail that waits for this account stays in the Outbox, unsent."),
        (1, 1, "1 scheduled mail is with Gmail already and goes out from there all the same."),
        (
            3,
            2,
            (
                "2 scheduled mails are with Gmail already and go out from there all the same."
                " Mail that waits for this account stays in the Outbox, unsent."
            ),
        ),
    ],
)
def test_removing_an_account_says_what_becomes_of_open_mail(waiting, kept, expected):
    assert removal_sentence(make_account(), waiting, kept) == expected
