"""`postrider deals import|list|show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.cli.exits import DONE
from app.cli.importing import entry_line, entry_value, read_bytes, show_report

if TYPE_CHECKING:
    import argparse

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.domain.contact import Deal
    from app.services import Services


def run(arguments: argparse.Namespace, services: Services, output: Output, _: Entrances) -> int:
    """Run one of the acts."""
    match arguments.act:
        case "import":
            data = read_bytes(arguments.file)
            report = services.contacts.import_deals(data, separator=arguments.separator or "")
            return show_report(report, output)
        case "list":
            for deal in services.contacts.search_deals(arguments.filter, arguments.limit):
                output.row(deal_value(deal), _line(deal))
        case _:
            _show(services.contacts.get_deal(arguments.deal), services, output)
    return DONE


def deal_value(deal: Deal) -> dict[str, Any]:
    """Give a deal as JSON; the amount is text, so that no cent is lost."""
    return {
        "uid": deal.uid,
        "external_id": deal.external_id,
        "name": deal.name,
        "amount": None if deal.amount is None else str(deal.amount),
        "currency": deal.currency,
        "stage": deal.stage,
        "company": deal.company,
        "closes_on": deal.closes_on.isoformat() if deal.closes_on else None,
        "contact_uids": list(deal.contact_uids),
        "fields": dict(deal.extras),
        "created_at": deal.created_at.isoformat(),
        "updated_at": deal.updated_at.isoformat(),
    }


def _line(deal: Deal) -> str:
    words = (deal.uid, deal.label, deal.stage, deal.company)
    return "  ".join(word for word in words if word)


def _show(deal: Deal, services: Services, output: Output) -> None:
    timeline = services.timelines.list_timeline(deal.link)
    value = deal_value(deal) | {"timeline": [entry_value(entry) for entry in timeline]}
    details = {
        "closes": deal.closes_on.isoformat() if deal.closes_on else "",
        "id": deal.external_id,
        **dict(deal.extras),
    }
    people = [services.contacts.find(uid) for uid in deal.contact_uids]
    lines = [
        _line(deal),
        *(f"  {name}: {text}" for name, text in details.items() if text),
        *(f"  contact: {one.label}  {one.uid}" for one in people if one),
        *map(entry_line, timeline),
    ]
    output.row(value, "\n".join(lines))
