"""Imports over the real store: every dialect in, every error named by row, nothing doubled."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.cards import contacts_of_cards, is_cards
from app.contacts.decoding import decode
from app.contacts.rows import IncomingContact, IncomingDeal, contacts_of_table, deals_of_table
from app.domain.contact import ImportReport, RowError
from app.domain.errors import NotFound
from app.domain.texts_contacts import ROW_ERROR_TEXTS, report_sentence, row_error_sentence
from app.services import Services

TABLE = """\
First Name,Last Name,E-mail Address,Company,Renewal date
Jane,Doe,jane@northwind.example,Northwind,May
Raj,,raj@northwind.example,Northwind,
"""
GERMAN = 'Vorname;Nachname;E-Mail;Firma\n"Jürgen";Groß;j.gross@müller.example;"Müller; Söhne"\n'


def take(services: Services, text: str | bytes, **more: str) -> ImportReport:
    data = text.encode() if isinstance(text, str) else text
    return services.contacts.import_contacts(data, **more)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.errors)


def reasons(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.reason) for one in report.errors]


def test_a_table_comes_in_and_a_second_time_changes_nothing(services: Services) -> None:
    assert counts(take(services, TABLE)) == (2, 0, 0, 0)
    assert counts(take(services, TABLE)) == (0, 0, 2, 0)
    jane = services.contacts.get("JANE@northwind.example")
    assert (jane.first_name, jane.last_name, jane.company) == ("Jane", "Doe", "Northwind")
    assert jane.extras == (("renewal_date", "May"),)
    assert uuid.UUID(jane.uid)
    assert [one.first_name for one in services.contacts.search("northwind")] == ["Jane", "Raj"]
    assert services.contacts.search("doe jane")[0] == jane


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_every_encoding_of_a_spreadsheet(services: Services, encoding: str, named: str) -> None:
    report = take(services, GERMAN.encode(encoding))
    assert (counts(report), report.encoding) == ((1, 0, 0, 0), named)
    found = services.contacts.get("j.gross@müller.example")
    assert (found.label, found.company) == ("Jürgen Groß", "Müller; Söhne")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_every_separator_is_found(services: Services, mark: str) -> None:
    rows = [["Name", "Email", "Title"], ['"Doe, Jane; x"', "jane@x.example", "VP"]]
    text = "\r\n".join(mark.join(row) for row in rows)
    assert counts(take(services, text)) == (1, 0, 0, 0)
    assert services.contacts.get("jane@x.example").name == "Doe, Jane; x"
    assert counts(take(services, f"sep={mark}\r\n{text}")) == (0, 0, 1, 0)
    assert counts(take(services, text, separator=mark)) == (0, 0, 1, 0)


def test_rows_are_told_apart_by_id_and_address(services: Services) -> None:
    take(services, "Id,Name,Email\n7,Jane,jane@x.example\n")
    first = services.contacts.get("7")
    moved = take(services, "Id,Name,Email\n7,Jane Doe,jane@new.example\n")
    assert counts(moved) == (0, 1, 0, 0)
    jane = services.contacts.get(first.uid)
    assert (jane.emails, jane.name) == (("jane@new.example", "jane@x.example"), "Jane Doe")
    assert counts(take(services, "Email,Phone\njane@x.example,+49 30 1\n")) == (0, 1, 0, 0)
    jane = services.contacts.get("7")
    assert (jane.phone, jane.name) == ("+49 30 1", "Jane Doe")


def test_a_uuid_of_the_crm_is_the_contacts_own(services: Services) -> None:
    uid = "123e4567-e89b-12d3-a456-426614174000"
    take(services, f"id,email\n{{{uid.upper()}}},jane@x.example\n")
    assert services.contacts.get(uid).email == "jane@x.example"


def test_an_empty_cell_erases_nothing_and_doubles_in_a_file_meet(services: Services) -> None:
    take(services, "email,company\njane@x.example,Acme\n")
    report = take(services, "email,company,title\njane@x.example,,VP\nJANE@x.example,,CEO\n")
    assert counts(report) == (0, 2, 0, 0)
    jane = services.contacts.get("jane@x.example")
    assert (jane.company, jane.title, jane.emails) == ("Acme", "CEO", ("jane@x.example",))


def test_errors_name_row_and_column_and_leave_the_rest(services: Services) -> None:
    text = (
        "Id,Name,Email,Uid\n"
        "1,Jane,jane@x.example,\n"
        "2,Bad,not an address,\n"
        ",,,\n"
        ",No key,,\n"
        "3,Cells,c@x.example,,surplus\n"
        "4,Uid,u@x.example,4711\n"
        f"5,{'x' * 3000},l@x.example,\n"
        '6,"Open,o@x.example,\n'
        "7,Raj,raj@x.example,\n"
    )
    report = take(services, text)
    assert counts(report) == (2, 0, 0, 6)
    assert reasons(report) == [
        (3, "email", "bad_email"),
        (5, "", "no_key"),
        (6, "", "too_many_cells"),
        (7, "uid", "bad_uid"),
        (8, "name", "too_long"),
        (9, "", "open_quote"),
    ]
    assert services.contacts.get("raj@x.example").name == "Raj"
    assert row_error_sentence(report.errors[0]) == (
        "Row 3, email: “not an address” is not an address mail can go to. Correct it."
    )
    assert report_sentence(report) == "8 rows read: 2 new, 0 updated, 0 as before; 6 rows left out."


def test_rows_that_would_melt_two_contacts_are_refused(services: Services) -> None:
    take(services, "id,email\n1,a@x.example\n2,b@x.example\n")
    report = take(
        services,
        f"id,email,uid\n1,b@x.example,\n3,a@x.example,\n1,a@x.example,{uuid.uuid4()}\n",
    )
    assert [one.reason for one in report.errors] == ["two_contacts", "email_taken", "other_uid"]
    assert services.contacts.get("1").emails == ("a@x.example",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no_rows"),
        (b"\n\n\n", "no_rows"),
        (b"jane@x.example,Jane\n", "no_header"),
        (b"PK\x03\x04 a spreadsheet", "not_text"),
        (b"\x00\x01\x02\x03 bytes", "not_text"),
        (b'"never closed,email\n' + b"x\n" * 500, "open_quote"),
    ],
)
def test_a_file_that_is_no_table_is_one_sentence(
    services: Services, data: bytes, reason: str
) -> None:
    report = take(services, data)
    assert (report.created, report.errors[0].reason) == (0, reason)


def test_several_addresses_of_a_row_are_one_contact(services: Services) -> None:
    text = (
        "Name,E-mail 1 - Value,E-mail 2 - Value\n"
        'Jane,"jane@x.example; j.doe@x.example","Jane <jane@home.example>"\n'
    )
    assert counts(take(services, text)) == (1, 0, 0, 0)
    assert services.contacts.get("jane@home.example").emails == (
        "jane@x.example",
        "j.doe@x.example",
        "jane@home.example",
    )


def test_line_breaks_and_hidden_characters_of_cells_do_not_come_in(services: Services) -> None:
    take(services, 'email,name\njane@x.example,"Jane\r\nBcc: all@x.example\u202e\0\x07"\n')
    assert services.contacts.get("jane@x.example").name == "Jane Bcc: all@x.example"


CARDS = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Doe;Jane;;Dr.;\r\nFN:Dr. Jane Doe\r\n"
    "ORG:Northwind\\, Inc.;Sales\r\nEMAIL;TYPE=HOME:jane@home.example\r\n"
    "EMAIL;TYPE=WORK,PREF:jane@\r\n northwind.example\r\nTEL;TYPE=CELL:+49 30 1\r\n"
    "PHOTO;ENCODING=b:AAAA\r\n AAAA\r\nUID:crm-1\r\nEND:VCARD\r\n"
    "begin:vcard\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=84rger;J=C3=BCr=\n"
    "gen;;;\nitem1.EMAIL;INTERNET;PREF:juergen@x.example\nend:vcard\n"
    "BEGIN:VCARD\nVERSION:4.0\nUID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\n"
    'FN;LANGUAGE="de:x";PREF=2:Second\nFN;PREF=1:First Choice\nEMAIL;PREF=1:mailto:four@x.example\n'
    "TEL;VALUE=uri:tel:+1-418\nURL:https://x.example\nbroken line\nEND:VCARD\n"
)


def test_cards_of_all_versions_come_in(services: Services) -> None:
    assert counts(take(services, CARDS)) == (3, 0, 0, 0)
    assert counts(take(services, CARDS)) == (0, 0, 3, 0)
    jane = services.contacts.get("crm-1")
    assert jane.emails == ("jane@northwind.example", "jane@home.example")
    assert (jane.name, jane.first_name, jane.company) == ("Dr. Jane Doe", "Jane", "Northwind, Inc.")
    juergen = services.contacts.get("juergen@x.example")
    assert (juergen.first_name, juergen.last_name) == ("Jürgen", "Ärger")
    four = services.contacts.get("4fbe8971-0bc3-424c-9c26-36c3e1eff6b1")
    assert (four.name, four.email, four.phone) == ("First Choice", "four@x.example", "+1-418")
    assert dict(four.extras) == {"website": "https://x.example"}


def test_one_broken_card_costs_that_card(services: Services) -> None:
    text = (
        "BEGIN:VCARD\nFN:No end\nEMAIL:a@x.example\n"
        "BEGIN:VCARD\nFN:No key\nEND:VCARD\n"
        "BEGIN:VCARD\nFN:Bad\nEMAIL:not an address\nEND:VCARD\n"
        "BEGIN:VCARD\nFN:Good\nEMAIL:good@x.example\nEND:VCARD\n"
        "BEGIN:VCARD\nFN:Cut"
    )
    report = take(services, text)
    assert counts(report) == (1, 0, 0, 4)
    assert reasons(report) == [
        (1, "", "unfinished_card"),
        (2, "EMAIL", "no_key"),
        (3, "", "bad_email"),
        (5, "", "unfinished_card"),
    ]


def test_deals_come_in_with_their_contacts(services: Services) -> None:
    take(services, TABLE)
    text = (
        "Deal Name;Amount;Stage;Close Date;Contact Email;Id\n"
        "Northwind renewal;24.000,50 €;Won;14.07.2026;jane@northwind.example;d1\n"
        "Other;$1,200;;2026-08-01;;d2\n"
        "Stranger;1;;;nobody@x.example;d3\n"
        "Bad;lots;;;;d4\n"
        "Day;1;;soon;;d5\n"
        ";1;;;;d6\n"
    )
    report = services.contacts.import_deals(text.encode())
    assert counts(report) == (2, 0, 0, 4)
    assert reasons(report) == [
        (4, "contact", "unknown_contact"),
        (5, "amount", "bad_amount"),
        (6, "closes_on", "bad_date"),
        (7, "name", "no_name"),
    ]
    deal = services.contacts.get_deal("d1")
    assert (deal.amount, deal.currency) == (Decimal("24000.50"), "EUR")
    assert (deal.closes_on, deal.label) == (date(2026, 7, 14), "Northwind renewal · 24,000.50 EUR")
    jane = services.contacts.get("jane@northwind.example")
    assert deal.contact_uids == (jane.uid,)
    assert services.contacts.deals_of(jane.uid) == [deal]
    again = services.contacts.import_deals(text.replace("Won", "Lost").encode())
    assert counts(again) == (0, 1, 1, 4)
    assert [one.stage for one in services.contacts.search_deals("northwind")] == ["Lost"]


def test_deals_without_an_id_are_found_by_name(services: Services) -> None:
    for stage, wanted in (("Open", (1, 0, 0, 0)), ("Won", (0, 1, 0, 0)), ("Won", (0, 0, 1, 0))):
        text = f"Deal Name,Company,Stage\nRenewal,Acme,{stage}\n"
        assert counts(services.contacts.import_deals(text.encode())) == wanted


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("24000", "24000", ""),
        ("24,000", "24000", ""),
        ("24.000", "24000", ""),
        ("24000.5", "24000.5", ""),
        ("24.000,50 €", "24000.50", "EUR"),
        ("$24,000.50", "24000.50", "USD"),
        ("CHF 24'000", "24000", "CHF"),
        ("1.234.567", "1234567", ""),
        ("-12,5", "-12.5", ""),
        ("USD 0", "0", "USD"),
    ],
)
def test_amounts_as_people_write_them(
    services: Services, text: str, amount: str, currency: str
) -> None:
    report = services.contacts.import_deals(f'Name,Amount\nA,"{text}"\n'.encode())
    assert report.errors == ()
    deal = services.contacts.search_deals()[0]
    assert (deal.amount, deal.currency) == (Decimal(amount), currency)


def test_what_is_not_there_is_not_found(services: Services) -> None:
    assert services.contacts.find("nobody@x.example") is None
    with pytest.raises(NotFound, match="contact"):
        services.contacts.get("nobody@x.example")
    with pytest.raises(NotFound, match="deal"):
        services.contacts.get_deal("d0")


def test_every_reason_is_a_sentence() -> None:
    for reason in ROW_ERROR_TEXTS:
        sentence = row_error_sentence(RowError(row=2, column="email", reason=reason, value="x{0}"))
        assert sentence.startswith("Row 2, email: ")
        assert sentence.endswith(".")


def test_twenty_thousand_rows_take_seconds(services: Services) -> None:
    rows = "".join(
        f"Jane{i},Doe,jane{i}@northwind{i % 50}.example,Northwind {i}\n" for i in range(20_000)
    )
    begun = time.perf_counter()
    report = take(services, f"First Name,Last Name,Email,Company\n{rows}")
    assert counts(report) == (20_000, 0, 0, 0)
    # 1.3 s on two idle cores; a look at the rows one by one would take minutes.
    assert time.perf_counter() - begun < 30
    assert services.contacts.search("jane19999")[0].email == "jane19999@northwind49.example"


_NOW = datetime(2026, 7, 14, tzinfo=UTC)
_AWKWARD = st.text(alphabet="a@x.,;\"'\t\r\n\\:=ÄbegindvcardEMAILNFVUQP0 {}\0", max_size=200)


@given(st.one_of(st.binary(max_size=200), _AWKWARD.map(str.encode)))
def test_no_file_whatever_ends_an_import(data: bytes) -> None:
    try:
        text, _ = decode(data)
    except ValueError:
        return
    beginnings = ("", "email,name\n", "name,amount\n", "BEGIN:VCARD\n")
    for beginning in beginnings:
        whole = beginning + text
        read = contacts_of_cards if is_cards(whole) else contacts_of_table
        for item in (*read(whole, _NOW), *deals_of_table(whole, _NOW)):
            assert isinstance(item, IncomingContact | IncomingDeal | RowError)
            if isinstance(item, RowError):
                assert item.reason in ROW_ERROR_TEXTS
            elif isinstance(item, IncomingContact):
                assert "\n" not in item.contact.label + item.contact.email
