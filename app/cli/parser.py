"""The grammar of `postrider`. Pure; says nothing to the world but usage."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

from app.cli.argument_types import count, days, label, port, provider, seconds, web_address
from app.cli.exits import USAGE
from app.cli.help_texts import epilog
from app.cli.parser_records import add_inline, add_links, add_records, add_sending
from app.domain.permission import Permission


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that ends with EX_USAGE and one clear line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        """End with usage on stderr."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"postrider: {message}; `{self.prog} --help` tells more\n")


def make_parser() -> Parser:
    """Build the whole grammar."""
    common = _common()
    parser = Parser(
        prog="postrider",
        parents=[common],
        description="A native mail composer for Gmail and Outlook. Without a command: the window.",
        epilog=epilog(""),
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, about: str) -> Parser:
        made: Parser = commands.add_parser(name, parents=[common], help=about, description=about)
        return made

    _compose(command("compose", "Open a composer window, filled in."))
    _send(command("send", "Send one message and wait for the outcome."))
    _accounts(command("accounts", "List, add and remove accounts."), common)
    _outbox(
        command(
            "outbox", "List, show, retry, cancel, dismiss, resolve, export and verify what is sent."
        ),
        common,
    )
    gateway = command("gateway", "Answer the local API on this computer, without a window.")
    gateway.add_argument("--port", type=port, help="port on 127.0.0.1; 0 takes a free one")
    gateway.add_argument("--beside-window", action="store_true", help=argparse.SUPPRESS)
    _keys(command("keys", "Make, list and revoke the keys of the local API."), common)
    add_records(command, common)
    _sandbox(command("sandbox", "Run the loopback stand-in for Google and Microsoft."))
    demo = command("demo", "Drive the real window through the whole story in a sandbox.")
    demo.add_argument("--out", default="build/demo", help="where screenshots and summary go")
    # The demo starts itself again for the acts that are killed.
    demo.add_argument("--act", default="", help=argparse.SUPPRESS)
    doctor = command("doctor", "Check this computer, this profile and its settings.")
    doctor.add_argument(
        "--repair", action="store_true", help="save what can be read of a damaged profile"
    )
    for name, made in commands.choices.items():
        _tell(made, epilog(name))
    return parser


def _tell(parser: argparse.ArgumentParser, words: str) -> None:
    """Put examples and exit codes below the options of a command and of its acts."""
    parser.epilog = words
    for action in parser._actions:  # noqa: SLF001  argparse has no public way to its acts
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  as above
            for act in action.choices.values():
                act.epilog = words


def _common() -> Parser:
    """Options every command takes, before or behind its name."""
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--json", action="store_true", help="answer in JSON, one object a line")
    common.add_argument("--profile", metavar="DIR", help="directory of all local state")
    common.add_argument(
        "--sandbox", type=web_address, metavar="URL", help="talk to a sandbox at this address"
    )
    common.add_argument("--trial", action="store_true", help="a profile and sandbox just to try")
    common.add_argument("--theme", choices=("system", "light", "dark"), help="looks of the window")
    return common


def _message_fields(parser: Parser) -> None:
    parser.add_argument("--to", action="append", default=[], metavar="ADDRESSES")
    parser.add_argument("--cc", action="append", default=[], metavar="ADDRESSES")
    parser.add_argument("--bcc", action="append", default=[], metavar="ADDRESSES")
    parser.add_argument("--subject", default=None)
    parser.add_argument("--attach", action="append", default=[], metavar="FILE")
    parser.add_argument("--from", dest="sender", metavar="ADDRESS", help="mailbox to send from")


def _compose(parser: Parser) -> None:
    parser.add_argument("mailto", nargs="?", help="a mailto: link")
    _message_fields(parser)
    parser.add_argument("--body", default="", help="plain text to start with")
    add_links(parser, others=False)


def _send(parser: Parser) -> None:
    _message_fields(parser)
    parser.add_argument(
        "--provider", type=provider, help="gmail or outlook, if the address is connected twice"
    )
    text = parser.add_mutually_exclusive_group()
    text.add_argument("--text", help="plain text body; - reads it from standard input")
    text.add_argument("--text-file", metavar="FILE", help="the same from a file")
    parser.add_argument("--html-file", metavar="FILE", help="HTML body; - reads standard input")
    add_inline(parser)
    parser.add_argument("--reply-to", action="append", default=[], metavar="ADDRESSES")
    answered = parser.add_mutually_exclusive_group()
    answered.add_argument(
        "--thread", metavar="ID", help="the provider's conversation to reply into"
    )
    answered.add_argument(
        "--reply-to-message",
        metavar="UID",
        help="the message to answer: the uid of one that was sent from here or shown by the local"
        " API, or a Message-ID in angle brackets",
    )
    add_links(parser)
    add_sending(parser)


def _accounts(parser: Parser, common: Parser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="list|add|remove|reconnect", required=True)
    acts.add_parser("list", parents=[common], help="the accounts and their mailboxes")
    for name, about in (("add", "sign in"), ("reconnect", "sign in again")):
        act = acts.add_parser(name, parents=[common], help=about)
        if name == "add":
            act.add_argument("--provider", type=provider, required=True, help="gmail or outlook")
        else:
            act.add_argument("account", help="address or uid")
        act.add_argument("--flow", choices=("loopback", "device", "paste"), default="loopback")
        act.add_argument("--no-browser", action="store_true", help="only print the address")
        act.add_argument("--login-hint", default="", metavar="ADDRESS")
    remove = acts.add_parser("remove", parents=[common], help="revoke and forget")
    remove.add_argument("account", help="address or uid")


def _outbox(parser: Parser, common: Parser) -> None:
    acts = parser.add_subparsers(
        dest="act", metavar="list|show|retry|cancel|dismiss|resolve|export|verify", required=True
    )
    listing = acts.add_parser("list", parents=[common], help="what waits, failed or was sent")
    views = ("outbox", "scheduled", "sent", "not_sent", "all")
    listing.add_argument("--view", choices=views, default="all")
    listing.add_argument("--filter", default="", metavar="WORDS")
    listing.add_argument("--limit", type=count, default=200)
    verify = acts.add_parser("verify", parents=[common], help="check records against their chain")
    verify.add_argument("uid", nargs="*", help="which; all without any")
    export = acts.add_parser(
        "export", parents=[common], help="write the exact bytes and the record"
    )
    export.add_argument("uid")
    export.add_argument("target", metavar="FILE.eml", help="the record goes beside it, as .json")
    for name, about in (
        ("show", "one record with its history"),
        ("retry", "try now"),
        ("cancel", "stop one that is not being sent"),
        ("dismiss", "take a failed one out of the outbox; its history stays"),
        ("resolve", "say what became of an uncertain one"),
    ):
        act = acts.add_parser(name, parents=[common], help=about)
        act.add_argument("uid")
        if name == "resolve":
            choice = act.add_mutually_exclusive_group(required=True)
            choice.add_argument("--sent", action="store_true", help="it was sent")
            choice.add_argument("--send-again", action="store_true", help="it was not: send it")
        if name in {"retry", "resolve", "cancel"}:
            act.add_argument("--wait", type=seconds, default=60.0, metavar="S")


def _keys(parser: Parser, common: Parser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="create|list|revoke", required=True)
    create = acts.add_parser("create", parents=[common], help="make a key and show it once")
    create.add_argument("name", type=label, help="what it is for")
    create.add_argument(
        "--permission",
        action="append",
        choices=[one.value for one in Permission],
        help="what it may do; everything without any",
    )
    create.add_argument("--days", type=days, metavar="N", help="it expires after N days")
    acts.add_parser("list", parents=[common], help="the keys, never their secrets")
    revoke = acts.add_parser("revoke", parents=[common], help="make one useless from now on")
    revoke.add_argument("uid", help="its id, as listed")


def _sandbox(parser: Parser) -> None:
    parser.add_argument("--port", type=port, default=0, help="0 takes a free one")
    parser.add_argument("--auto-consent", action="store_true", help="grant every sign-in at once")
    parser.add_argument("--state", metavar="FILE", help="keep the sandbox's state in this file")
    parser.add_argument(
        "--exit-with-stdin", action="store_true", help="end when standard input ends"
    )
