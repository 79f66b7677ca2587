"""Many messages with names from everywhere: every parser finds the same recipients and subject.

POSTRIDER_PROPERTY_MESSAGES=10000 makes the run longer.
"""

from __future__ import annotations

import email
import email.header
import email.policy
import email.utils
import os
import random
import re

import fast_mail_parser
import pytest
from faker import Faker

from app.domain.address import Address, parse_addresses
from app.mime.headers import (
    decode_header,
    encode_addresses,
    encode_msgids,
    encode_unstructured,
    parse_msgids,
)

MESSAGES = int(os.environ.get("POSTRIDER_PROPERTY_MESSAGES", "1000"))
BATCHES = 10
LOCALES = (
    "ar_AA ar_EG ar_SA az_AZ bg_BG bn_BD bs_BA cs_CZ da_DK de_AT de_CH de_DE el_GR en_AU en_CA"
    " en_GB en_IE en_IN en_NZ en_US es_AR es_CL es_CO es_ES es_MX et_EE fa_IR fi_FI fr_BE fr_CA"
    " fr_CH fr_FR he_IL hi_IN hr_HR hu_HU hy_AM id_ID is_IS it_IT ja_JP ka_GE ko_KR lt_LT lv_LV"
    " ne_NP nl_BE nl_NL no_NO pl_PL pt_BR pt_PT ro_RO ru_RU sk_SK sl_SI sq_AL sv_SE ta_IN th_TH"
    " tr_TR uk_UA vi_VN zh_CN zh_TW"
).split()
EXTRAS = (
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f44d\U0001f3fd",
    "\U0001f1e9\U0001f1ea", "(Sales)", '"JD"', "\\", "<x@y.example>", "a.b", "a;b", "a:b", "@", "=?", "?=",
    "=?utf-8?q?x?=", "  ", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "\u200f",
    "z\u0335\u0321\u0322", "x" * 90, "\u00a0", "'", ",", ", Jr.", "[EXT]", "_", "%", "&",
)  # fmt: skip


class Messages:
    """Makes messages of one seed; each is the parts and the octets of its header."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.fakers = {locale: Faker(locale) for locale in LOCALES}
        for faker in self.fakers.values():
            faker.seed_instance(seed)

    def faker(self) -> Faker:
        return self.fakers[self.random.choice(LOCALES)]

    def name(self) -> str:
        roll = self.random.random()
        if roll < 0.08:
            return ""
        faker = self.faker()
        if roll < 0.3:
            name = f"{faker.last_name()}, {faker.first_name()}"
        elif roll < 0.4:
            name = f"{faker.name()} ({faker.company()}, {faker.city()})"
        else:
            name = faker.name()
        for _ in range(self.random.choice((0, 0, 0, 1, 2))):
            name = f"{name}{self.random.choice(('', ' '))}{self.random.choice(EXTRAS)}"
        return name.strip()

    def address(self, number: int) -> Address:
        local = self.random.choice(
            ("sales{}", "o'neil{}", "j.doe+tag{}", "x_y{}", '"two words {}"', "a" * 50 + "{}")
        ).format(number)
        domain = self.random.choice(
            ("x.example", "sub.y.example", "a-b.example", "d" * 60 + ".example")
        )
        return Address(f"{local}@{domain}", self.name())

    def addresses(self) -> list[Address]:
        return [self.address(number) for number in range(self.random.randint(1, 40))]

    def subject(self) -> str:
        faker = self.faker()
        parts = [faker.catch_phrase() if hasattr(faker, "catch_phrase") else faker.company()]
        parts += [faker.text(200).replace("\n", " ")] if self.random.random() < 0.4 else []
        parts += self.random.sample(EXTRAS, self.random.randint(0, 4))
        self.random.shuffle(parts)
        return self.random.choice((" ", "  ")).join(parts)

    def msgid(self) -> str:
        left = "".join(
            self.random.choices("ABCDEF0123456789.-=+_", k=self.random.choice((12, 60, 150)))
        )
        return f"<{left}@{self.random.choice(('x.example', 'AM0PR04MB0.eurprd04.prod.outlook.example'))}>"


def bare(text: str) -> str:
    """Return a list without quotes and backslashes, which show where names are in plain ASCII."""
    return text.replace('"', "").replace("\\", "")


def spoken(text: str) -> str:
    return str(email.header.make_header(email.header.decode_header(text)))


def check_lines(raw: bytes) -> None:
    assert raw.isascii()
    for line in raw.split(b"\r\n"):
        assert b"\n" not in line
        assert b"\r" not in line
        assert len(line) <= 78 or re.fullmatch(rb'(?:[\w-]+:)? ?(?:[^ "]|"[^"]*"){70,}', line)
    for word in re.findall(rb"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", raw):
        assert len(word) <= 75
        spoken(word.decode())  # whole characters only


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_parser_reads_what_was_written(batch: int) -> None:
    make = Messages(seed=20_26_00 + batch)
    for _ in range(MESSAGES // BATCHES):
        to, cc = make.addresses(), make.addresses()[:5]
        subject = make.subject()
        ids = list(dict.fromkeys(make.msgid() for _ in range(make.random.randint(1, 12))))
        raw = b"".join((
            encode_addresses("To", to),
            encode_addresses("Cc", cc),
            encode_unstructured("Subject", subject),
            encode_msgids("Message-ID", ids[:1]),
            encode_msgids("References", ids),
            b"\r\nbody\r\n",
        ))  # fmt: skip
        check_lines(raw)
        assert_same(raw, {"To": to, "Cc": cc}, subject, ids)


def assert_same(raw: bytes, lists: dict[str, list[Address]], subject: str, ids: list[str]) -> None:
    old = email.message_from_bytes(raw)
    new = email.message_from_bytes(raw, policy=email.policy.default)
    rust = fast_mail_parser.parse_email(raw)
    for field, addresses in lists.items():
        expected = [(address.name, address.addr_spec) for address in addresses]
        unfolded = re.sub(r"\r\n", "", old[field])
        assert [(spoken(n), a) for n, a in email.utils.getaddresses([unfolded])] == expected
        ours = parse_addresses(old[field])
        assert not ours.unreadable
        assert [(a.name, a.addr_spec) for a in ours.addresses] == expected
        assert [a.addr_spec for a in new[field].addresses] == [a for _, a in expected]
        listed = ", ".join(f"{name} <{spec}>" if name else spec for name, spec in expected)
        assert bare(rust.headers[field][0]).strip() == bare(listed).strip()
    assert spoken(re.sub(r"\r\n", "", old["Subject"])) == subject
    assert decode_header(old["Subject"]) == subject
    assert rust.subject == subject
    assert list(parse_msgids(old["References"])) == ids
    assert old["References"].split() == ids
    assert rust.headers["References"][0].split() == ids
