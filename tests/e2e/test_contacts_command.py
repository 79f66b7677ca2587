"""Contacts, deals, drafts, sync, render and completion as processes on a real profile."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.domain.draft import ContextLink, LinkKind
from app.domain.outbound import OutboundState
from app.sandbox.server import SandboxServer
from tests.support.profile import (
    ADA_GMAIL,
    ADA_OUTLOOK,
    environment,
    make_profile,
    open_profile,
    run,
    settle,
    start,
)
from tests.support.sandbox import ControlClient, sandbox
from tests.support.waiting import wait_until

TABLE = "Id,Name,Email,Plan\n1,Jane Doe,jane@northwind.example,Gold\n2,Bad,nobody,\n"
DEALS = "Id,Name,Amount,Contact Email\nd1,Renewal,24000,jane@northwind.example\n"
DRAFT: dict[str, Any] = {
    "recipients": {"to": ["jane@northwind.example"], "bcc": ["boss@acme.example"]},
    "subject": "Preise für Ω",
    "body": {"text": "Hallo {{contact.first_name|there}}"},
}


@pytest.fixture(scope="module")
def server() -> Any:
    with sandbox() as running:
        yield running


@pytest.fixture
def control(server: SandboxServer) -> ControlClient:
    client = ControlClient(server.url)
    client.call("POST", "/reset", {})
    return client


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "profile", "http://127.0.0.1:9")


@pytest.fixture
def env(tmp_path: Path, server: SandboxServer, control: ControlClient) -> dict[str, str]:
    make_profile(tmp_path / "profile", server.url, [ADA_GMAIL, ADA_OUTLOOK])
    return environment(tmp_path / "profile", server.url)


def feed(arguments: list[str], env: dict[str, str], data: bytes) -> tuple[int, bytes, str]:
    """Run the program with bytes on its standard input."""
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=env,
        input=data,
        capture_output=True,
        timeout=90,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode()


def people(tmp_path: Path, env: dict[str, str]) -> None:
    table, deals = tmp_path / "people.csv", tmp_path / "deals.csv"
    table.write_text(TABLE, encoding="utf-8")
    deals.write_text(DEALS, encoding="utf-8")
    assert run(["contacts", "import", str(table), "--json"], env)[0] == 65
    assert run(["deals", "import", str(deals), "--json"], env)[0] == 0


def test_import_names_the_row_that_was_left_out(tmp_path: Path, offline: dict[str, str]) -> None:
    table = tmp_path / "people.csv"
    table.write_text(TABLE, encoding="utf-8")
    code, answers, _ = run(["contacts", "import", "--json", str(table)], offline)
    assert code == 65
    assert answers == [
        {
            "row": 3,
            "column": "email",
            "reason": "bad_email",
            "value": "nobody",
            "message": "Row 3, email: “nobody” is not an address mail can go to. Correct it.",
        },
        {
            "rows": 2,
            "created": 1,
            "updated": 0,
            "unchanged": 0,
            "left_out": 1,
            "encoding": "utf-8",
        },
    ]
    code, out, errors = feed(["contacts", "import", "-"], offline, TABLE.encode("utf-16"))
    assert (code, errors) == (65, "")
    assert out.decode().splitlines()[-1] == (
        "2 rows read: 0 new, 0 updated, 1 as before; 1 row left out."
    )


def test_people_and_deals_are_listed_and_shown(tmp_path: Path, offline: dict[str, str]) -> None:
    people(tmp_path, offline)
    _, listed, _ = run(["contacts", "list", "--json", "--filter", "NORTHWIND"], offline)
    assert [(one["name"], one["emails"]) for one in listed] == [
        ("Jane Doe", ["jane@northwind.example"])
    ]
    code, (jane,), _ = run(["contacts", "show", "--json", "jane@northwind.example"], offline)
    assert (code, jane["fields"], jane["timeline"]) == (0, {"plan": "Gold"}, [])
    assert [one["label"] for one in jane["deals"]] == ["Renewal · 24,000"]
    code, (deal,), _ = run(["deals", "show", "--json", "d1"], offline)
    assert (code, deal["amount"], deal["contact_uids"]) == (0, "24000", [jane["uid"]])
    code, out, _ = feed(["deals", "list"], offline, b"")
    assert (code, "Renewal · 24,000" in out.decode()) == (0, True)
    code, (error,), words = run(["contacts", "show", "--json", "nobody"], offline)
    assert (code, error["error"]["code"]) == (65, "not_found")
    assert "There is no" in words


@pytest.mark.parametrize("sender", [ADA_GMAIL, ADA_OUTLOOK])
def test_a_mail_with_fields_is_sent_and_told_on_every_timeline(
    sender: str, tmp_path: Path, env: dict[str, str], control: ControlClient
) -> None:
    people(tmp_path, env)
    arguments = [
        *("send", "--json", "--from", sender, "--to", "jane@northwind.example"),
        *("--subject", "{{deal.name}} for {{contact.first_name}}", "--text", "-", "--wait", "30"),
        *("--contact", "1", "--deal", "d1", "--context", "ticket:4711"),
    ]
    code, out, errors = feed(arguments, env, "Größe {{contact.plan}}\r\n".encode())
    record = json.loads(out)
    assert (code, record["state"], record["subject"]) == (0, "sent", "Renewal for Jane"), errors
    (copy,) = control.delivered("jane@northwind.example")
    message = email.message_from_bytes(
        base64.b64decode(copy["raw_base64"]), policy=email.policy.default
    )
    assert message["Subject"] == "Renewal for Jane"
    assert message.get_content().strip() == "Größe Gold"
    for command in (["contacts", "show", "1"], ["deals", "show", "d1"]):
        _, (shown,), _ = run([*command, "--json"], env)
        (entry,) = shown["timeline"]
        assert (entry["record_uid"], entry["state"]) == (record["uid"], "accepted")


def test_an_unresolved_field_stops_the_send_with_the_list(
    env: dict[str, str], control: ControlClient
) -> None:
    arguments = [
        *("send", "--json", "--from", ADA_GMAIL, "--to", "who@else.example"),
        *("--subject", "Hi {{contact.first_name}}", "--text", "{{first_name}}"),
    ]
    code, (answer,), errors = run(arguments, env)
    assert code == 65
    assert answer["error"]["details"] == [
        {"field": "subject", "code": "unresolved_field"},
        {"field": "body", "code": "unresolved_field"},
    ]
    assert "contact.first_name" in errors
    assert "“first_name” is no field" in errors
    assert control.deliveries() == []


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--contact", "nobody"], 65, "There is no contact “nobody”"),
        (["--deal", "nothing"], 65, "There is no deal “nothing”"),
        (["--context", "4711"], 64, "not TYPE:ID"),
        (["--inline", "picture.png"], 64, "not CID=FILE"),
    ],
)
def test_a_bad_link_sends_nothing(
    more: list[str], code: int, words: str, env: dict[str, str], control: ControlClient
) -> None:
    got, _, errors = run(["send", "--from", ADA_GMAIL, "--to", "a@b.example", *more], env)
    assert (got, words in errors) == (code, True), errors
    assert control.deliveries() == []


def test_a_draft_is_saved_shown_sent_and_discarded(
    env: dict[str, str], control: ControlClient
) -> None:
    data = json.dumps(DRAFT).encode()
    code, out, _ = feed(["drafts", "save", "--json", "-"], env, data)
    draft = json.loads(out)
    assert (code, draft["subject"], draft["revision"]) == (0, "Preise für Ω", 1)
    again = json.dumps({**DRAFT, "uid": draft["uid"], "subject": "Neu"}).encode()
    _, out, _ = feed(["drafts", "save", "--json", "-"], env, again)
    assert (json.loads(out)["uid"], json.loads(out)["revision"]) == (draft["uid"], 2)
    feed(["drafts", "save", "-"], env, data)
    _, listed, _ = run(["drafts", "list", "--json"], env)
    assert sorted(one["subject"] for one in listed) == ["Neu", "Preise für Ω"]
    _, (shown,), _ = run(["drafts", "show", "--json", draft["uid"]], env)
    assert shown["draft"]["body"]["text"] == "Hallo {{contact.first_name|there}}"
    assert shown["problems"] == []
    code, (record,), _ = run(["drafts", "send", "--json", draft["uid"], "--wait", "30"], env)
    assert (code, record["state"], record["subject"]) == (0, "sent", "Neu")
    other = next(one["uid"] for one in listed if one["uid"] != draft["uid"])
    assert run(["drafts", "discard", "--json", other], env)[:2] == (0, [{"discarded": other}])
    assert run(["drafts", "list", "--json"], env)[1] == []
    assert run(["drafts", "send", "--json", other], env)[0] == 65
    assert len(control.deliveries()) == 1


def test_sync_reads_every_account_and_says_which_it_could_not(
    env: dict[str, str], control: ControlClient
) -> None:
    code, answers, _ = run(["sync", "--json"], env)
    assert code == 0
    assert {one["account"] for one in answers} == {ADA_GMAIL, ADA_OUTLOOK}
    assert all(one["mailboxes"] >= 1 and one["conversations"] >= 1 for one in answers)
    control.call("POST", f"/accounts/{ADA_GMAIL}/revoke", {})
    code, answers, _ = run(["sync", "--json", "--quick"], env)
    assert code == 77
    faults = {one["account"]: one.get("error", {}).get("code") for one in answers}
    assert faults == {ADA_GMAIL: "sign_in_required", ADA_OUTLOOK: None}
    assert run(["sync", "--account", "who@else.example"], env)[0] == 65


def test_render_writes_the_exact_bytes_offline(tmp_path: Path, offline: dict[str, str]) -> None:
    source, target = tmp_path / "draft.json", tmp_path / "out.eml"
    source.write_text(json.dumps(DRAFT), encoding="utf-8")
    arguments = ["render", "--json", "--from", "Ada Reyes <ada@acme.example>"]
    arguments += ["--date", "2026-07-14T09:30:00+00:00"]
    code, (answer,), _ = run([*arguments, str(source), str(target)], offline)
    assert (code, answer["size_bytes"]) == (0, target.stat().st_size)
    message = email.message_from_bytes(target.read_bytes(), policy=email.policy.default)
    assert message["From"] == "Ada Reyes <ada@acme.example>"
    assert message["Subject"] == "Preise für Ω"
    assert message["Date"] == "Tue, 14 Jul 2026 09:30:00 +0000"
    assert message["Bcc"] == "boss@acme.example"
    assert message.get_content().strip() == "Hallo there"
    data = source.read_bytes()
    code, out, errors = feed([*arguments, "--no-bcc", "-", "-"], offline, data)
    assert (code, errors) == (0, "")
    message = email.message_from_bytes(out, policy=email.policy.default)
    assert (message["Bcc"], message["Subject"]) == (None, "Preise für Ω")


INJECTION = "x\r\nBcc: all@evil.example"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"subject": INJECTION}, "subject holds a line break"),
        ({"subject": "x\nBcc: y"}, "subject holds a line break"),
        ({"subject": "x\u2028y"}, "subject holds a line break"),
        ({"recipients": {"to": [INJECTION]}}, "recipients.to[0] holds a line break"),
        (
            {"recipients": {"to": [{"address": "a@b.example", "name": INJECTION}]}},
            "recipients.to[0].name holds a line break",
        ),
        (
            {"reply": {"message_id": f"<1@x>{INJECTION}", "references": []}},
            "reply.message_id holds a line break",
        ),
        (
            {"attachments": [{"filename": INJECTION, "sha256": "0" * 64, "size_bytes": 1}]},
            "attachments[0].filename holds a line break",
        ),
        ({"mailbox_uid": INJECTION}, "mailbox_uid holds a line break"),
        ({"uid": INJECTION}, "uid holds a line break"),
        ({INJECTION: "x"}, "a name holds a line break"),
        ({"subjekt": "x"}, "subjekt is not a field"),
        ({"subject": 7}, "subject must be text"),
    ],
)
def test_a_draft_that_would_write_a_header_is_refused(
    change: dict[str, Any], words: str, tmp_path: Path, offline: dict[str, str]
) -> None:
    source, target = tmp_path / "draft.json", tmp_path / "out.eml"
    source.write_text(json.dumps({**DRAFT, **change}), encoding="utf-8")
    arguments = ["render", "--from", "ada@acme.example", str(source), str(target)]
    code, _, errors = run(arguments, offline)
    assert (code, words in errors) == (65, True), errors
    assert "Traceback" not in errors
    assert not target.exists()
    assert run(["drafts", "save", str(source)], offline)[0] == 65


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON at line 1"),
        (b"[]", "must be an object"),
        (b"\xff\xfe\xfd", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"subject": "a", "subject": "b"}', "subject is written twice"),
        (b'{"version": 99}', "newer than this program"),
    ],
)
def test_what_is_no_draft_is_one_sentence(data: bytes, words: str, offline: dict[str, str]) -> None:
    code, out, errors = feed(["render", "--from", "ada@acme.example", "-", "-"], offline, data)
    assert (code, out, words in errors) == (65, b"", True), errors
    assert "Traceback" not in errors


def test_render_names_what_is_missing(tmp_path: Path, offline: dict[str, str]) -> None:
    source = tmp_path / "draft.json"
    source.write_text(json.dumps(DRAFT), encoding="utf-8")
    code, _, errors = run(["render", str(source), "-"], offline)
    assert (code, "No account is chosen" in errors) == (65, True)
    code, _, errors = run(["render", str(tmp_path / "none.json"), "-"], offline)
    assert (code, "Traceback" in errors) == (65, False)
    arguments = ["render", "--from", "ada@acme.example", str(source), "/nowhere/out.eml"]
    code, _, errors = run(arguments, offline)
    assert (code, "Traceback" in errors) == (69, False)


COMPLETIONS = [
    ("postrider con", {"contacts"}),
    ("postrider contacts ", {"import", "list", "show", "--json"}),
    ("postrider contacts import --sep", {"--separator"}),
    ("postrider send --su", {"--subject"}),
    ("postrider --json drafts s", {"save", "send", "show"}),
    ("postrider completion f", {"fish"}),
    ("postrider outbox list --view sch", {"scheduled"}),
    ("postrider --theme d", {"dark"}),
]


@pytest.mark.parametrize(("typed", "wanted"), COMPLETIONS)
def test_bash_completes(typed: str, wanted: set[str], tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "app", "completion", "bash"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    words = typed.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    probe = (
        f"{made.stdout}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}\n"
        '_postrider; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-u"], input=probe, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    assert wanted <= set(done.stdout.split())


def test_the_scripts_of_the_other_shells_name_every_command() -> None:
    from app.cli.completion import places, script
    from app.cli.parser import make_parser

    parser = make_parser()
    commands = [place.words for place in places(parser)]
    assert ("contacts", "import") in commands
    for shell in ("zsh", "fish"):
        made = script(shell, parser)
        assert [words for words in commands if " ".join(words) not in made] == []
        assert "--idempotency-key" in made or "-l idempotency-key" in made


@pytest.mark.parametrize(
    "arguments",
    [[], ["send"], ["contacts"], ["contacts", "import"], ["drafts", "send"], ["render"]],
)
def test_help_tells_examples_and_exit_codes(arguments: list[str]) -> None:
    code, out, _ = feed([*arguments, "--help"], {**environment(Path("unused"), "")}, b"")
    told = out.decode()
    assert code == 0
    assert "Examples:\n  " in told
    assert "  75  still waiting" in told


def test_a_killed_send_is_once_on_the_timeline_after_a_restart(
    tmp_path: Path, env: dict[str, str], server: SandboxServer, control: ControlClient
) -> None:
    fault = control.fault("send", "stall", when="after", delay_s=60)
    slow = {**env, "POSTRIDER_SEND_TIMEOUT_S": "30"}
    arguments = [
        *("send", "--json", "--from", ADA_GMAIL, "--to", "jane@northwind.example"),
        *("--subject", "Hallo", "--text", "Hallo", "--context", "ticket:4711"),
    ]
    process = start(arguments, slow)

    def is_stalled() -> bool:
        given = {one["id"]: one for one in control.call("GET", "/faults")}
        return bool(given[fault["id"]]["hits"])

    wait_until(is_stalled, what="the send")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    control.call("DELETE", "/faults")
    control.release()
    link = ContextLink(LinkKind.CONTEXT, "4711", "ticket")
    with open_profile(tmp_path / "profile", server.url) as services:
        assert services.timelines.list_timeline(link) == []
        (record,) = settle(
            services, lambda records: all(one.state is OutboundState.SENT for one in records)
        )
        (entry,) = services.timelines.list_timeline(link)
        assert (entry.record_uid, entry.state.value) == (record.uid, "accepted")
    assert len(control.deliveries()) == 1
