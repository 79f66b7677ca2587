"""`postrider accounts list|add|reconnect|remove`."""

from __future__ import annotations

import sys
import webbrowser
from typing import TYPE_CHECKING

from app.cli.exits import DONE
from app.cli.output import account_value
from app.domain.account import ProviderKind
from app.domain.errors import NotFound
from app.domain.texts_account import missing_sentences, removal_sentence
from app.ports import OutboxView, SignInFlow
from app.runtime.cancel import CancelToken

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.domain.account import Account
    from app.ports import SignInPrompt
    from app.services import Services


def run(arguments: argparse.Namespace, services: Services, output: Output, _: Entrances) -> int:
    """Run one of the acts."""
    match arguments.act:
        case "list":
            for account in services.book.list_accounts():
                _show(account, services, output)
            return DONE
        case "add":
            return _add(arguments, services, output)
        case "reconnect":
            account = _find(arguments.account, services)
            renewed = services.book.reconnect(
                account.uid,
                flow=SignInFlow(arguments.flow),
                show=_shower(arguments, output),
                cancel=CancelToken(),
                ask_redirect=_ask_redirect,
            )
            _show(renewed, services, output)
            return DONE
        case _:
            account = _find(arguments.account, services)
            kept = [
                one
                for one in services.records.list_records(OutboxView.SCHEDULED)
                if one.account_uid == account.uid and one.is_at_provider
            ]
            services.book.remove(account.uid)
            if kept:
                output.note(removal_sentence(account, len(kept), len(kept)))
            output.row(
                {"removed": account.uid, "address": account.address},
                f"Removed {account.address}; its tokens are forgotten.",
            )
            return DONE


def _add(arguments: argparse.Namespace, services: Services, output: Output) -> int:
    account = services.book.add(
        provider=ProviderKind.parse(arguments.provider),
        flow=SignInFlow(arguments.flow),
        show=_shower(arguments, output),
        cancel=CancelToken(),
        login_hint=arguments.login_hint,
        ask_redirect=_ask_redirect,
    )
    _show(account, services, output)
    return DONE


def _show(account: Account, services: Services, output: Output) -> None:
    missing = missing_sentences(account)
    value = account_value(account, services.book.list_mailboxes()) | {"missing": list(missing)}
    addresses = ", ".join(box["address"] for box in value["mailboxes"])
    line = f"{account.address}  {account.provider.label}  {account.state.value}  {addresses}"
    output.row(value, "\n  ".join((line, *missing)))


def _find(text: str, services: Services) -> Account:
    for account in services.book.list_accounts():
        if text in {account.uid, account.address} or text.casefold() == account.address.casefold():
            return account
    raise NotFound(kind="account", uid=text)


def _shower(arguments: argparse.Namespace, output: Output) -> Callable[[SignInPrompt], None]:
    def show(prompt: SignInPrompt) -> None:
        value = {"prompt": prompt.flow.value, "url": prompt.url, "user_code": prompt.user_code}
        if prompt.user_code:
            line = f"On any device open {prompt.url} and enter {prompt.user_code}"
        else:
            line = f"Sign in at {prompt.url}"
        output.row(value, line)
        if prompt.flow is SignInFlow.LOOPBACK and not arguments.no_browser:
            webbrowser.open(prompt.url)

    return show


def _ask_redirect() -> str:
    sys.stderr.write("Paste the address your browser ended at: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()
