"""Which column of an export is which, in the words that CRMs and address books use. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.domain.contact import slug

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONTACT = {
    "uid": "uid uuid contact_uid contact_uuid",
    "external_id": "id external_id contact_id record_id crm_id hubspot_id salesforce_id lead_id"
    " person_id kontakt_id",
    "name": "name full_name fullname display_name contact contact_name file_as anzeigename kontakt"
    " nom_complet nombre_completo",
    "first_name": "first_name firstname first given_name givenname vorname prénom prenom nombre",
    "last_name": "last_name lastname last surname family_name familyname nachname familienname nom"
    " apellido apellidos",
    "emails": "email e_mail email_address e_mail_address mail primary_email work_email emails"
    " other_email email_addresses person_email correo mail_adresse e_mail_adresse",
    "company": "company organization organisation organization_name company_name account"
    " account_name organization_1_name associated_company firma unternehmen entreprise société"
    " empresa",
    "title": "title job_title jobtitle position role organization_title organization_1_title"
    " funktion poste cargo",
    "phone": "phone phone_number mobile mobile_phone telephone tel phone_1_value work_phone"
    " business_phone telefon telefonnummer mobil téléphone teléfono",
}
_DEAL = {
    "uid": "uid uuid deal_uid deal_uuid",
    "external_id": "id external_id deal_id opportunity_id record_id crm_id",
    "name": "name deal deal_name opportunity opportunity_name title deal_title",
    "amount": "amount value deal_value deal_amount sum betrag wert montant importe",
    "currency": "currency currency_code deal_currency währung devise moneda",
    "stage": "stage deal_stage status phase pipeline_stage",
    "company": "company organization organisation account account_name company_name"
    " associated_company firma",
    "closes_on": "close_date closes_on closing_date expected_close_date abschlussdatum",
    "contacts": "contact contacts contact_email contact_emails email emails e_mail"
    " primary_contact primary_contact_email associated_contacts",
    "contact_uids": "contact_uid contact_uids contact_uuid",
}
_NUMBERED_EMAIL = re.compile(r"e_?mail_?\d+(?:_value|_address)?")
CONTACT_COLUMNS = {alias: name for name, words in _CONTACT.items() for alias in words.split()}
DEAL_COLUMNS = {alias: name for name, words in _DEAL.items() for alias in words.split()}
# Several columns may feed these; of the others the first one counts, the rest are extras.
_SEVERAL = frozenset({"emails", "contacts", "contact_uids"})


def name_columns(heading: Sequence[str], known: dict[str, str]) -> list[tuple[str, str]]:
    """Give for each cell of a heading the field it feeds ("" for an extra) and its slug."""
    found: list[tuple[str, str]] = []
    taken: set[str] = set()
    slugs = [slug(cell) for cell in heading]
    for word in slugs:
        field = known.get(word, "")
        if not field and known is CONTACT_COLUMNS and _NUMBERED_EMAIL.fullmatch(word):
            field = "emails"
        if field in taken and field not in _SEVERAL:
            field = ""
        taken.add(field)
        found.append((field, word))
    return found
