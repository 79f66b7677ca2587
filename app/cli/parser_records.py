"""The grammar of what is kept: contacts, deals, drafts; and of sync, render and completion. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.argument_types import context, count, idempotency_key, inline, seconds, separator
from app.domain.outbound import Keeper

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

SHELLS = ("bash", "zsh", "fish")


def add_records(
    command: Callable[[str, str], argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add the commands."""
    for name, one in (("contacts", "contact"), ("deals", "deal")):
        _people(command(name, f"Import, list and show {name}."), common, one)
    _drafts(command("drafts", "List, show, save, discard and send drafts."), common)
    sync = command("sync", "Read conversations and mailboxes of the accounts again.")
    sync.add_argument("--account", default="", metavar="ADDRESS", help="only this one")
    sync.add_argument("--quick", action="store_true", help="only the newest conversations")
    _render(command("render", "Write the exact bytes of a draft, without any network."))
    completion = command("completion", "Print a completion script for a shell.")
    completion.add_argument("shell", choices=SHELLS)


def add_inline(parser: argparse.ArgumentParser) -> None:
    """Add the option for pictures in the text."""
    parser.add_argument(
        "--inline",
        action="append",
        default=[],
        type=inline,
        metavar="CID=FILE",
        help="a picture the HTML body shows as cid:CID",
    )


def add_links(parser: argparse.ArgumentParser, *, others: bool = True) -> None:
    """Add the options that log a mail against somebody; with `others` against anything."""
    parser.add_argument(
        "--contact",
        action="append",
        default=[],
        metavar="UID",
        help="log it on the timeline of this contact (uid, id or address)",
    )
    parser.add_argument(
        "--deal", action="append", default=[], metavar="UID", help="and of this deal (uid or id)"
    )
    if not others:
        return
    parser.add_argument(
        "--context",
        action="append",
        default=[],
        type=context,
        metavar="TYPE:ID",
        help="and of anything else that has a type and an id",
    )


def add_sending(parser: argparse.ArgumentParser) -> None:
    """Add the options of everything that sends."""
    parser.add_argument("--at", metavar="WHEN", help="ISO 8601 time, or +10m, +2h, +1d")
    parser.add_argument(
        "--kept-by",
        choices=[one.value for one in Keeper],
        help="who keeps it until then and sends it; Outlook can (default: send.later_by)",
    )
    parser.add_argument(
        "--idempotency-key",
        type=idempotency_key,
        metavar="KEY",
        help="the same key sends once",
    )
    parser.add_argument("--wait", type=seconds, default=60.0, metavar="S", help="seconds to wait")


def _people(parser: argparse.ArgumentParser, common: argparse.ArgumentParser, one: str) -> None:
    acts = parser.add_subparsers(dest="act", metavar="import|list|show", required=True)
    forms = "CSV table or vCards" if one == "contact" else "CSV table"
    taking = acts.add_parser("import", parents=[common], help=f"take in a {forms}")
    taking.add_argument("file", metavar="FILE", help=f"{forms}; - reads standard input")
    taking.add_argument(
        "--separator", type=separator, metavar="MARK", help="found out if not given"
    )
    _listing(acts.add_parser("list", parents=[common], help=f"the {one}s, by name"))
    show = acts.add_parser("show", parents=[common], help=f"one {one} with its timeline")
    show.add_argument(one, help="uid, id or address" if one == "contact" else "uid or id")


def _listing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--filter", default="", metavar="WORDS", help="only with these words")
    parser.add_argument("--limit", type=count, default=200, help="at most so many")


def _drafts(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="list|show|save|discard|send", required=True)
    listing = acts.add_parser("list", parents=[common], help="the drafts, newest first")
    listing.add_argument("--limit", type=count, default=200, help="at most so many")
    save = acts.add_parser("save", parents=[common], help="keep a draft written as JSON")
    save.add_argument("file", metavar="FILE", help="the draft; - reads standard input")
    save.add_argument(
        "--attach", action="append", default=[], metavar="FILE", help="a file to attach to it"
    )
    add_inline(save)
    for name, about in (
        ("show", "one draft, and what is wrong with it"),
        ("discard", "forget one"),
        ("send", "send one and wait for the outcome"),
    ):
        act = acts.add_parser(name, parents=[common], help=about)
        act.add_argument("uid")
        if name == "send":
            add_sending(act)


def _render(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("draft", metavar="DRAFT.json", help="- reads standard input")
    parser.add_argument("target", metavar="OUT.eml", help="- writes to standard output")
    parser.add_argument(
        "--from", dest="sender", default="", metavar="ADDRESS", help="whom it is from"
    )
    parser.add_argument("--date", metavar="WHEN", help="its Date; now if not given")
    parser.add_argument(
        "--no-bcc", action="store_true", help="leave Bcc out, as for a copy to show"
    )
