"""`postrider outbox list|show|verify|export|retry|cancel|dismiss|resolve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.exits import BAD_DATA, DONE, exit_of_cancel, exit_of_record
from app.cli.output import history_value, record_value
from app.cli.waiting import deliver_until_settled
from app.domain.errors import NotFound
from app.domain.texts import row_words
from app.outbox.receipts import export_record, verify_record
from app.ports import OutboxView

if TYPE_CHECKING:
    import argparse

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.domain.outbound import OutboundEmail
    from app.outbox.receipts import Finding
    from app.services import Services

ALL_RECORDS = 1_000_000


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
        case "verify":
            return _verify(arguments.uid, services, output)
        case "export":
            target = Path(arguments.target)
            beside = export_record(
                arguments.uid, target, records=services.records, blobs=services.blobs
            )
            value = {"uid": arguments.uid, "eml": str(target), "record": str(beside)}
            output.row(value, f"Wrote {target} and {beside}")
            return DONE
        case "cancel":
            record = services.outbox.cancel(arguments.uid)
            if record.is_at_work:
                record = deliver_until_settled(record.uid, services, arguments.wait)
            show_record(record, services, output)
            return exit_of_cancel(record)
        case "dismiss":
            show_record(services.outbox.dismiss(arguments.uid), services, output)
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


def _verify(uids: list[str], services: Services, output: Output) -> int:
    """Check the records named, or all; 0 if every one holds."""
    chosen = [_get(uid, services) for uid in uids] or services.records.list_records(
        OutboxView.ALL, limit=ALL_RECORDS
    )
    broken = 0
    for record in chosen:
        found = verify_record(record, records=services.records, blobs=services.blobs)
        broken += not found.holds
        value = {"uid": found.uid, "ok": found.holds, "steps": found.steps, "fault": found.fault}
        output.row(value, f"{'ok' if found.holds else 'NO':3} {found.uid}  {_fault_words(found)}")
    output.note(f"{len(chosen) - broken} of {len(chosen)} records hold")
    return BAD_DATA if broken else DONE


def _fault_words(found: Finding) -> str:
    words = {
        "": f"{found.steps} steps, bytes and envelope as frozen",
        "chain": f"the history was changed at step {found.at}",
        "end": f"the history ends after step {found.at}, the record does not stand there",
        "envelope": "the recipients are not those that were frozen",
        "bytes": "the kept message is not the one that was frozen",
        "bytes_gone": "the kept message is gone",
    }
    return words[found.fault]


def _get(uid: str, services: Services) -> OutboundEmail:
    record = services.records.find(uid)
    if record is None:
        raise NotFound(kind="record", uid=uid)
    return record


def _line(record: OutboundEmail, services: Services) -> str:
    words = row_words(record, services.clock.now())
    people = ", ".join(one.addr_spec for one in record.envelope.recipients)
    return f"{record.uid}  {words.state}  {record.subject!r} to {people}  {words.why}".rstrip()
