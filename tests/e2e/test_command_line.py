"""The command line as people and programs use it: bad input, answers to messages, files, completion."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import shutil
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from app.cli.completion import script
from app.cli.help_texts import JSON
from app.cli.parser import make_parser
from app.sandbox.server import SandboxServer
from tests.support.profile import ADA_GMAIL, ADA_OUTLOOK, environment, make_profile, run
from tests.support.sandbox import ControlClient, sandbox
from tests.support.shells import SHELLS, Shell, fish_offers

JANE = "jane@northwind.example"


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
def env(tmp_path: Path, server: SandboxServer, control: ControlClient) -> dict[str, str]:
    make_profile(tmp_path / "profile", server.url, [ADA_GMAIL, ADA_OUTLOOK])
    return environment(tmp_path / "profile", server.url)


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "profile", "http://127.0.0.1:9")


def feed(
    arguments: list[str | bytes], env: dict[str, str], data: bytes = b""
) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=env,
        input=data,
        capture_output=True,
        timeout=90,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def sent(env: dict[str, str], *more: str) -> dict[str, Any]:
    arguments = ["send", "--json", "--subject", "Prices", "--text", "Hallo", "--wait", "30", *more]
    code, answers, errors = run(arguments, env)
    assert code == 0, errors
    return answers[0]


def mail_of(copy: dict[str, Any]) -> EmailMessage:
    parsed = email.message_from_bytes(
        base64.b64decode(copy["raw_base64"]), policy=email.policy.default
    )
    assert isinstance(parsed, EmailMessage)
    return parsed


# --- answering a message by its id ---


@pytest.mark.parametrize("sender", [ADA_GMAIL, ADA_OUTLOOK])
def test_reply_to_message_joins_its_conversation(
    sender: str, env: dict[str, str], control: ControlClient
) -> None:
    first = sent(env, "--from", sender, "--to", JANE, "--cc", "boss@northwind.example")
    arguments = ["send", "--json", "--reply-to-message", first["uid"], "--text", "More"]
    code, (second,), errors = run([*arguments, "--wait", "30"], env)
    assert code == 0, errors
    assert (second["from"], second["to"], second["cc"]) == (
        sender,
        [JANE],
        ["boss@northwind.example"],
    )
    assert second["subject"] == "Re: Prices"
    assert second["provider_thread_id"] == first["provider_thread_id"]
    copies = control.delivered(JANE)
    assert len(copies) == 2
    mail = mail_of(copies[-1])
    assert mail["In-Reply-To"].strip() == first["wire_message_id"]
    assert first["wire_message_id"] in mail["References"]


def test_reply_to_a_bare_message_id_writes_its_headers(
    env: dict[str, str], control: ControlClient
) -> None:
    sent(env, "--to", JANE, "--reply-to-message", "<first@northwind.example>")
    (copy,) = control.delivered(JANE)
    mail = mail_of(copy)
    assert mail["In-Reply-To"].strip() == "<first@northwind.example>"


def test_reply_to_what_is_not_known_sends_nothing(
    env: dict[str, str], control: ControlClient
) -> None:
    code, _, errors = run(["send", "--reply-to-message", "nothing", "--text", "x"], env)
    assert (code, "is not a message of this profile" in errors) == (65, True), errors
    code, _, _ = run(["send", "--reply-to-message", "a", "--thread", "b", "--text", "x"], env)
    assert code == 64
    assert control.deliveries() == []


# --- the outbox ---


def test_failed_record_is_dismissed_and_others_are_not(
    env: dict[str, str], control: ControlClient
) -> None:
    accepted = sent(env, "--to", JANE)
    control.fault("send", "status_before", status=400, body={"error": {"code": 400}})
    code, (failed,), _ = run(["send", "--json", "--to", JANE, "--text", "x", "--subject", "y"], env)
    assert (code, failed["state"]) == (65, "failed")
    code, (dismissed,), _ = run(["outbox", "dismiss", "--json", failed["uid"]], env)
    assert (code, dismissed["state"]) == (0, "cancelled")
    code, (error,), _ = run(["outbox", "dismiss", "--json", accepted["uid"]], env)
    assert (code, error["error"]["code"]) == (65, "too_late")


# --- drafts with files ---


def test_draft_takes_files_named_in_it_and_on_the_command_line(
    env: dict[str, str], tmp_path: Path, control: ControlClient
) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "deck.pdf").write_bytes(b"%PDF-1.4 deck")
    (folder / "more.csv").write_bytes(b"a,b\n")
    files = [{"path": "deck.pdf", "filename": "Angebot.pdf"}]
    draft = {
        "recipients": {"to": [JANE]},
        "subject": "S",
        "body": {"text": "x"},
        "attachments": files,
    }
    (folder / "draft.json").write_text(json.dumps(draft), encoding="utf-8")
    arguments = ["drafts", "save", "--json", str(folder / "draft.json")]
    code, (saved,), errors = run([*arguments, "--attach", str(folder / "more.csv")], env)
    assert (code, saved["attachments"]) == (0, ["Angebot.pdf", "more.csv"]), errors
    # Copied in: what becomes of the file afterwards is no matter.
    (folder / "deck.pdf").unlink()
    assert run(["drafts", "send", saved["uid"], "--wait", "30", "--json"], env)[0] == 0
    (copy,) = control.delivered(JANE)
    _, first, second = mail_of(copy).iter_parts()
    assert (first.get_filename(), first.get_payload(decode=True)) == (
        "Angebot.pdf",
        b"%PDF-1.4 deck",
    )
    assert second.get_content_type() == "text/csv"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ({"path": "none.pdf"}, "none.pdf is not there"),
        ({"path": 5}, "attachments[0].path is not the name of a file"),
        ({"path": ""}, "attachments[0].path is not the name of a file"),
        ({"path": "a", "sha256": "b"}, "attachments[0].sha256 is not a field"),
        ({"path": "a", "disposition": "none"}, "attachments[0].disposition is not one of"),
        ({"path": "a\nb"}, "holds a line break"),
    ],
)
def test_file_that_cannot_be_taken_saves_no_draft(
    file: dict[str, Any], words: str, offline: dict[str, str]
) -> None:
    data = json.dumps({"attachments": [file]}).encode()
    code, _, errors = feed(["drafts", "save", "-"], offline, data)
    assert (code, words in errors, "Traceback" in errors) == (65, True, False), errors
    assert run(["drafts", "list", "--json"], offline)[1] == []


# --- bad input: one sentence, the right code, no traceback ---

BAD: list[tuple[list[str | bytes], int, str]] = [
    (["send", "--to", JANE, "--text", "x"], 77, "No account is connected yet"),
    (["keys", "create", "x", "--days", "-1"], 64, "not a number of days above 0"),
    (["keys", "create", "x", "--days", "nan"], 64, "not a number of days above 0"),
    (["keys", "create", "x", "--days", "1e300"], 64, "not a number of days above 0"),
    (["keys", "create", "a\nb"], 64, "on one line"),
    (["keys", "create", " "], 64, "1 to 100 letters"),
    (["keys", "revoke", "nothing"], 65, "`postrider keys list`"),
    (["outbox", "list", "--limit", "-1"], 64, "from 1 to 1000000"),
    (["outbox", "list", "--limit", "9" * 30], 64, "from 1 to 1000000"),
    (["drafts", "list", "--limit", "0"], 64, "from 1 to 1000000"),
    (["contacts", "list", "--limit", "x"], 64, "from 1 to 1000000"),
    (["gateway", "--port", "70000"], 64, "not a port"),
    (["gateway", "--port", "-1"], 64, "not a port"),
    (["sandbox", "--port", "99999"], 64, "not a port"),
    (["send", "--wait", "nan", "--to", JANE], 64, "not a number of seconds"),
    (["send", "--wait", "-5", "--to", JANE], 64, "not a number of seconds"),
    (["send", "--wait", "1e999", "--to", JANE], 64, "not a number of seconds"),
    (["send", "--provider", "aol", "--to", JANE], 64, "say gmail or outlook"),
    (["accounts", "add", "--provider", "aol"], 64, "say gmail or outlook"),
    (["send", "--idempotency-key", "k" * 256, "--to", JANE], 64, "1 to 255 printable"),
    (["send", "--idempotency-key", "kéy", "--to", JANE], 64, "1 to 255 printable"),
    (["--sandbox", "ftp://x", "outbox", "list"], 64, "is not an address such as"),
    (["--sandbox", "http://x:99999", "outbox", "list"], 64, "is not an address such as"),
    (["outbox", "show", b"bad\xff"], 64, "is not text"),
    ([b"bad\xff"], 64, "is not text"),
    (["outbox"], 64, "are required"),
    (["outbox", "resolve", "x"], 64, "--sent --send-again is required"),
    (["outbox", "show", "nothing"], 65, "There is no record “nothing”. `postrider outbox list`"),
    (["outbox", "dismiss", "nothing"], 65, "`postrider outbox list`"),
    (["outbox", "export", "nothing", "x.eml"], 65, "`postrider outbox list`"),
    (["outbox", "verify", "nothing"], 65, "`postrider outbox list`"),
    (["drafts", "show", "nothing"], 65, "`postrider drafts list`"),
    (["contacts", "show", "nobody"], 65, "`postrider contacts list`"),
    (["deals", "show", "nothing"], 65, "`postrider deals list`"),
    (["accounts", "remove", "nobody"], 65, "`postrider accounts list`"),
    (["sync", "--account", "nobody"], 65, "`postrider accounts list`"),
    (["contacts", "import", "none.csv"], 65, "there is no such file"),
    (["contacts", "import", "."], 65, "it is a folder"),
    (["drafts", "save", "none.json"], 65, "there is no such file"),
    (["render", "none.json", "-"], 65, "there is no such file"),
    (["completion", "tcsh"], 64, "invalid choice"),
    (["--profile", "/dev/null", "outbox", "list"], 69, "Check the disk"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), BAD, ids=lambda one: str(one)[:60])
def test_bad_input_is_one_sentence_and_its_code(
    arguments: list[str | bytes], code: int, words: str, offline: dict[str, str], tmp_path: Path
) -> None:
    offline["PYTHONPATH"] = str(Path.cwd())
    got, out, errors = feed(arguments, offline)
    assert (got, words in errors) == (code, True), errors
    assert "Traceback" not in errors
    assert out == ""
    # Usage before it, one sentence of ours at the end.
    assert errors.rstrip().rpartition("\n")[2].startswith("postrider: ")


@pytest.mark.parametrize(
    "moment", ["whenever", "+0s", "2020-01-01", "+999999d", "0001-01-01T00:00+14:00"]
)
def test_a_moment_that_cannot_be_meant_sends_nothing(
    moment: str, env: dict[str, str], control: ControlClient
) -> None:
    arguments = ["send", "--json", "--to", JANE, "--subject", "x", "--text", "y", "--at", moment]
    code, _, errors = run(arguments, env)
    if moment == "+999999d":
        assert (code, "Traceback" in errors) == (0, False)
    else:
        assert (code, "moment" in errors) == (65, True), errors
    assert control.deliveries() == []


# --- JSON ---


def test_failure_in_json_is_one_object_and_the_sentence(offline: dict[str, str]) -> None:
    code, out, errors = feed(["outbox", "show", "nothing", "--json"], offline)
    value = json.loads(out)
    assert code == 65
    assert list(value) == ["error"]
    assert value["error"]["code"] == "not_found"
    assert value["error"]["message"] in errors


def test_objects_have_the_fields_that_help_tells(env: dict[str, str], tmp_path: Path) -> None:
    table, deals, draft = tmp_path / "p.csv", tmp_path / "d.csv", tmp_path / "draft.json"
    table.write_text("Name,Email\nJane,jane@northwind.example\n", encoding="utf-8")
    deals.write_text("Id,Name,Amount\nd1,Renewal,24000\n", encoding="utf-8")
    content = {"recipients": {"to": [JANE]}, "subject": "S", "body": {"text": "x"}}
    draft.write_text(json.dumps(content), encoding="utf-8")
    run(["contacts", "import", str(table), "--json"], env)
    run(["deals", "import", str(deals), "--json"], env)
    record = sent(env, "--to", JANE)
    out = str(tmp_path / "out.eml")
    given = {
        "send": record,
        "accounts": run(["accounts", "list", "--json"], env)[1][0],
        "outbox": run(["outbox", "list", "--json"], env)[1][0],
        "contacts": run(["contacts", "list", "--json"], env)[1][0],
        "deals": run(["deals", "list", "--json"], env)[1][0],
        "drafts": run(["drafts", "save", "--json", str(draft)], env)[1][0],
        "keys": run(["keys", "create", "--json", "x"], env)[1][0],
        "sync": run(["sync", "--json"], env)[1][0],
        "render": run(["render", "--json", str(draft), out], env)[1][0],
    }

    assert set(given) == set(JSON)
    for command, value in given.items():
        promised = set(JSON[command].split())
        assert promised - value.keys() == set(), command
        assert value.keys() - promised <= {"token"}, command


def test_bodies_come_from_standard_input(env: dict[str, str], control: ControlClient) -> None:
    to = ["send", "--json", "--to", JANE, "--subject", "S", "--wait", "30"]
    assert feed([*to, "--text", "-"], env, "Grüße".encode())[0] == 0
    assert feed([*to, "--html-file", "-"], env, "<p>Grüße</p>".encode())[0] == 0
    text, html = (mail_of(one) for one in control.delivered(JANE))
    assert text.get_content().strip() == "Grüße"
    part = html.get_body(("html",))
    assert part is not None
    assert "Grüße" in part.get_content()
    code, _, errors = feed([*to, "--text", "-", "--html-file", "-"], env, b"x")
    assert (code, "read only once" in errors) == (65, True)
    code, _, errors = feed([*to, "--text", "-"], env, b"\xff\xfe")
    assert (code, "not UTF-8" in errors) == (65, True)
    assert feed([*to, "--text", "x", "--text-file", "y"], env)[0] == 64
    assert len(control.deliveries()) == 2


# --- completion ---

TYPED = [
    ("postrider con", ["contacts"]),
    ("postrider outbox dis", ["dismiss"]),
    ("postrider contacts ", ["import", "list", "show"]),
    ("postrider send --reply-to-m", ["--reply-to-message"]),
    ("postrider --json drafts s", ["save", "send", "show"]),
    ("postrider completion f", ["fish"]),
    ("postrider outbox list --view sch", ["scheduled"]),
    ("postrider --theme=d", ["dark"]),
    ("postrider --profile /tmp contacts l", ["list"]),
    ("postrider send --attach a_fi", ["a_file.pdf"]),
    ("postrider send --attach=a_fi", ["a_file.pdf"]),
    ("postrider drafts save a_fi", ["a_file.pdf"]),
]


@pytest.mark.parametrize("name", SHELLS)
def test_tab_completes_in_the_shell_itself(name: str, tmp_path: Path) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    (tmp_path / "a_file.pdf").write_bytes(b"x")
    made = script(name, make_parser())
    for typed, wanted in TYPED:
        with Shell(name, tmp_path, made) as shell:
            shell.tab(typed, wanted)


def test_fish_completes(tmp_path: Path) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    (tmp_path / "a_file.pdf").write_bytes(b"x")
    made = tmp_path / "postrider.fish"
    made.write_text(script("fish", make_parser()), encoding="utf-8")
    for typed, wanted in TYPED:
        offered = fish_offers(typed, made)
        assert [one for one in wanted if not any(text.endswith(one) for text in offered)] == []
