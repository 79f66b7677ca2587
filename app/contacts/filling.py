"""Fills the fields of a draft from who it is linked to, who sends it and who gets it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.contacts.values import contact_values, deal_values, me_values
from app.domain.contact import email_key
from app.domain.draft import LinkKind
from app.domain.fields import Filled, field_problems, has_fields, resolve
from app.ports.contacts import Keys

if TYPE_CHECKING:
    from app.domain.account import Mailbox
    from app.domain.contact import Contact, Deal
    from app.domain.draft import Draft
    from app.ports.contacts import ContactStore, DealStore


class FieldFiller:
    """Implements `ports.contacts.FieldResolver`. Never on the GUI thread."""

    def __init__(self, *, contacts: ContactStore, deals: DealStore) -> None:
        self._contacts = contacts
        self._deals = deals

    def fill(self, draft: Draft, mailbox: Mailbox | None) -> Filled:
        """Give the draft with its values, and what stops it. The quoted original is left alone."""
        body = draft.body
        if not any(has_fields(text) for text in (draft.subject, body.html, body.text)):
            return Filled(draft)
        values = self.values(draft, mailbox)
        subject = resolve(draft.subject, values, one_line=True)
        html = resolve(body.html, values, html=True)
        text = resolve(body.text, values)
        written = list(field_problems("body", html))
        # The same field in both forms of the body is one thing to correct.
        written += [one for one in field_problems("body", text) if one not in written]
        return Filled(
            replace(
                draft,
                subject=subject.text,
                body=replace(body, html=html.text, text=text.text),
            ),
            (*field_problems("subject", subject), *written),
        )

    def values(self, draft: Draft, mailbox: Mailbox | None) -> dict[str, str]:
        """Give every value by its name."""
        deal = self._deal(draft)
        own = self._by_email(mailbox.address) if mailbox else None
        found = me_values(mailbox, own) if mailbox else {}
        if deal is not None:
            found |= deal_values(deal)
        contact = self._contact(draft)
        return found | contact_values(contact) if contact is not None else found

    def _contact(self, draft: Draft) -> Contact | None:
        """Give the linked contact; without a link the one recipient in To, if it is only one."""
        linked = [one.uid for one in draft.links if one.kind is LinkKind.CONTACT]
        if linked:
            return next(iter(self._contacts.find_contacts(Keys(uids=linked[:1]))), None)
        to = draft.recipients.to
        return self._by_email(to[0].addr_spec) if len(to) == 1 else None

    def _deal(self, draft: Draft) -> Deal | None:
        linked = [one.uid for one in draft.links if one.kind is LinkKind.DEAL]
        found = self._deals.find_deals(Keys(uids=linked[:1])) if linked else []
        return next(iter(found), None)

    def _by_email(self, address: str) -> Contact | None:
        found = self._contacts.find_contacts(Keys(words=(email_key(address),)))
        return next(iter(found), None)
