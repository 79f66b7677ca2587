from __future__ import annotations

import subprocess
import sys

import pytest

from app.domain.address import Address
from app.domain.address_check import (
    check_address,
    is_valid,
    looks_alike,
    spoof_signs,
    suggest_domain,
)

KNOWN = ("arnold-foods.example", "müller.example", "clarion.example")


@pytest.mark.parametrize(
    "spec",
    [
        "jane@x.example",
        "jane.doe+tag@sub.x.example",
        "o'neil@x.example",
        "jörg@x.example",
        "jane@straße.example",
        '"jane doe"@x.example',
        "jane@[192.0.2.1]",
        "root@mailserver",
    ],
)
def test_good_addresses_pass(spec: str) -> None:
    assert check_address(spec) is None
    assert is_valid(spec)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("jane", "no_at"),
        ("@x.example", "no_local"),
        ("jane@", "no_domain"),
        (".jane@x.example", "dots"),
        ("jane..doe@x.example", "dots"),
        ("jane@x..example", "dots"),
        ("jane@-x.example", "dots"),
        ("ja ne@x.example", "local_characters"),
        ('"ja\\é"@x.example', "local_characters"),
        ("jane@x_y.example", "domain_characters"),
        ("jane@\U0001f449.example", "domain_characters"),
        (f"{'j' * 65}@x.example", "too_long"),
        ("jane@[300.1.1.1]", "literal"),
        ("ja\u200bne@x.example", "hidden_characters"),
        ("jane@x.example\u202e", "hidden_characters"),
        ("jane@x.example\n", "hidden_characters"),
    ],
)
def test_bad_addresses_have_a_reason(spec: str, reason: str) -> None:
    assert check_address(spec) == reason
    assert not is_valid(spec)


def test_a_whole_mailbox_is_valid_text_but_no_addr_spec() -> None:
    assert is_valid('"Doe, Jane" <jane@x.example>')
    assert is_valid("jane@x.example (Jane)")
    assert check_address("Jane <jane@x.example>") is not None
    assert not is_valid("Jane <jane@x..example>")
    assert not is_valid("Jane <jane@x.example>, bob@y.example")
    assert not is_valid("jane(open@x.example")
    assert not is_valid("Jane <jane@x.example")


def test_checking_never_loads_a_dns_library() -> None:
    code = (
        "import sys; from app.domain.address_check import check_address, is_valid;"
        "assert 'email_validator' not in sys.modules; check_address('a@b.example');"
        "is_valid('a@bücher.example'); sys.exit('dns' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("clarion.exmaple", "clarion.example"),
        ("arnold-fods.example", "arnold-foods.example"),
        ("anything.cmo", "anything.com"),
    ],
)
def test_slips_in_domains_get_a_suggestion(typed: str, meant: str | None) -> None:
    assert suggest_domain(typed, KNOWN) == meant


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "clarion.example", "gmx.de", "gmx.com", "ymail.com", "mail.com", "x.de", ""],
)
def test_real_domains_get_none(domain: str) -> None:
    assert suggest_domain(domain, KNOWN) is None


@pytest.mark.parametrize(
    ("domain", "known"),
    [
        ("arno1d-foods.example", "arnold-foods.example"),
        ("arnold-f00ds.example", "arnold-foods.example"),
        ("\u0430rnold-foods.example", "arnold-foods.example"),
        ("muller.example", "müller.example"),
        ("xn--mller-kva.example", None),
        ("clarion.example", None),
        ("darion.example", "clarion.example"),
        ("other.example", None),
    ],
)
def test_look_alikes_of_known_domains(domain: str, known: str | None) -> None:
    assert looks_alike(domain, KNOWN) == known


def test_rn_reads_as_m() -> None:
    assert looks_alike("acrne.example", ["acme.example"]) == "acme.example"


@pytest.mark.parametrize(
    ("address", "signs"),
    [
        (Address("a@x.example", "Ann"), ()),
        (Address("a@x.example", "a@x.example"), ()),
        (Address("a@x.example", "'A@X.example'"), ()),
        (Address("a@x.example", "boss@y.example"), ("name_is_other_address",)),
        (Address("a@x.example", "boss\uff20y.example"), ("name_is_other_address",)),
        (Address("a@x.example", "Ann\u202e"), ("bidi",)),
        (Address("a\u200b@x.example", ""), ("zero_width",)),
        (Address("a\u200d@x.example", "\U0001f468\u200d\U0001f467"), ("zero_width",)),
        (Address("a@x.example", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"), ()),
        (Address("a@x.example", "Ann\r\nBcc: b"), ("line_break",)),
        (Address("a@\u0430pple.example"), ("mixed_scripts",)),
        (Address("a@пример.example"), ()),
    ],
)
def test_spoof_signs(address: Address, signs: tuple[str, ...]) -> None:
    assert spoof_signs(address) == signs
