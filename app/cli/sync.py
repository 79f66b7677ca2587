"""`postrider sync`: reads conversations and mailboxes of the accounts again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.exits import DONE, exit_of_error
from app.domain.account import Capability
from app.domain.errors import AppError, NotFound
from app.domain.texts import error_sentence
from app.runtime.cancel import CancelToken

if TYPE_CHECKING:
    import argparse

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.domain.account import Account
    from app.services import Services


def run(arguments: argparse.Namespace, services: Services, output: Output, _: Entrances) -> int:
    """Bring every account up to date; one that cannot be read does not stop the others."""
    accounts = services.book.list_accounts()
    if arguments.account:
        accounts = [one for one in accounts if _is_meant(one, arguments.account)]
        if not accounts:
            raise NotFound(kind="account", uid=arguments.account)
    code = DONE
    for account in accounts:
        try:
            count, boxes = _sync(account, services, is_quick=arguments.quick)
        except AppError as error:
            sentence = error_sentence(error)
            fault = {"code": error.code, "message": sentence}
            output.row(
                {"account": account.address, "error": fault}, f"{account.address}  {sentence}"
            )
            code = code or exit_of_error(error)
        else:
            output.row(
                {"account": account.address, "mailboxes": boxes, "conversations": count},
                f"{account.address}  {boxes} mailboxes, {count} conversations",
            )
    return code


def _is_meant(account: Account, text: str) -> bool:
    return text == account.uid or text.casefold() == account.address.casefold()


def _sync(account: Account, services: Services, *, is_quick: bool) -> tuple[int, int]:
    """Give how many conversations are known, and how many mailboxes."""
    services.book.refresh_mailboxes(account.uid)
    if Capability.READ in account.capabilities:
        cancel = CancelToken()
        if is_quick:
            services.conversations.refresh(account.uid, cancel)
        else:
            services.conversations.sync(account.uid, cancel)
    known = services.conversations.recent(account.uid, limit=1_000_000)
    boxes = [box for box in services.book.list_mailboxes() if box.account_uid == account.uid]
    return len(known), len(boxes)
