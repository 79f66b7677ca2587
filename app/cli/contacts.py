"""`postrider contacts import|list|show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.cli.exits import DONE
from app.cli.importing import entry_line, entry_value, read_bytes, show_report

if TYPE_CHECKING:
    import argparse

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.domain.contact import Contact
    from app.services import Services


def run(arguments: argparse.Namespace, services: Services, output: Output, _: Entrances) -> int:
    """Run one of the acts."""
    match arguments.act:
        case "import":
            data = read_bytes(arguments.file)
            report = services.contacts.import_contacts(data, separator=arguments.separator or "")
            return show_report(report, output)
        case "list":
            for contact in services.contacts.search(arguments.filter, arguments.limit):
                output.row(contact_value(contact), _line(contact))
        case _:
            _show(services.contacts.get(arguments.contact), services, output)
    return DONE


def contact_value(contact: Contact) -> dict[str, Any]:
    """Give a contact as JSON."""
    return {
        "uid": contact.uid,
        "external_id": contact.external_id,
        "name": contact.label,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "emails": list(contact.emails),
        "company": contact.company,
        "title": contact.title,
        "phone": contact.phone,
        "fields": dict(contact.extras),
        "created_at": contact.created_at.isoformat(),
        "updated_at": contact.updated_at.isoformat(),
    }


def _line(contact: Contact) -> str:
    words = (contact.uid, contact.label, contact.email, contact.company)
    return "  ".join(word for word in words if word)


def _show(contact: Contact, services: Services, output: Output) -> None:
    deals = services.contacts.deals_of(contact.uid)
    timeline = services.timelines.list_timeline(contact.link)
    value = contact_value(contact) | {
        "deals": [{"uid": deal.uid, "label": deal.label} for deal in deals],
        "timeline": [entry_value(entry) for entry in timeline],
    }
    details = {
        "addresses": ", ".join(contact.emails),
        "title": contact.title,
        "phone": contact.phone,
        "id": contact.external_id,
        **dict(contact.extras),
    }
    lines = [
        _line(contact),
        *(f"  {name}: {text}" for name, text in details.items() if text),
        *(f"  deal: {deal.label}  {deal.uid}" for deal in deals),
        *map(entry_line, timeline),
    ]
    output.row(value, "\n".join(lines))
