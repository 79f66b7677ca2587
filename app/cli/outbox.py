"""`postrider outbox list|show|retry|cancel|resolve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.exits import DONE, exit_of_record
from app.cli.output import history_value, record_value
from app.cli.waiting import deliver_until_settled
from app.domain.errors import NotFound
from app.domain.texts import row_words
from app.ports import OutboxView

if TYPE_CHECKING:
    import argparse

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.domain.outbound import OutboundEmail
    from app.services import Services


def run(arguments: argparse.Namespace, services: Services, output: Output, _: Entrances) -> int:
    """Run one of the acts."""
    match arguments.act:
        case "list":
            view = OutboxView(arguments.view)
            for record in services.records.list_records(view, arguments.filter, arguments.limit):
                show_record(record, services, output)
            return DONE
        case "show":
            record = _get(arguments.uid, services)
            history = services.records.history(record.uid)
            value = record_value(record) | {"history": [history_value(one) for one in history]}
            lines = [
                _line(record, services),
                *(f"  {one.at:%Y-%m-%d %H:%M:%S}  {one.event}  {one.detail}" for one in history),
            ]
            output.row(value, "\n".join(lines))
            return DONE
        case "cancel":
            show_record(services.outbox.cancel(arguments.uid), services, output)
            return DONE
        case "retry":
            services.outbox.retry(arguments.uid)
        case "resolve" if arguments.sent:
            show_record(services.outbox.resolve_sent(arguments.uid), services, output)
            return DONE
        case _:
            services.outbox.resolve_again(arguments.uid)
    settled = deliver_until_settled(arguments.uid, services, arguments.wait)
    show_record(settled, services, output)
    return exit_of_record(settled)


def show_record(record: OutboundEmail, services: Services, output: Output) -> None:
    """Write one record."""
    output.row(record_value(record), _line(record, services))


def _get(uid: str, services: Services) -> OutboundEmail:
    record = services.records.find(uid)
    if record is None:
        raise NotFound(kind="record", uid=uid)
    return record


def _line(record: OutboundEmail, services: Services) -> str:
    words = row_words(record, services.clock.now())
    people = ", ".join(one.addr_spec for one in record.envelope.recipients)
    return f"{record.uid}  {words.state}  {record.subject!r} to {people}  {words.why}".rstrip()
