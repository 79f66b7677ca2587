"""Says whether an address may be written to, and warns of slips and look-alikes.

Pure: no DNS, no network. The syntax rules are email-validator's, loaded when first asked; its
DNS part is never imported. Whether a mailbox exists is the receiving server's to say.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from app.domain.address import Address, is_plain, parse_addresses
from app.domain.address_scan import Kind, scan

if TYPE_CHECKING:
    from collections.abc import Iterable

_ADDRESS_IN_NAME = re.compile(r"[^\s@<>\"'(),;:]+[@\uff20][^\s@<>\"'(),;:]+\.[^\s@<>\"'(),;:]+")
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Joiners are letters of Persian and of emoji, so U+200C and U+200D count in addresses only.
_ZERO_WIDTH = re.compile(r"[\xad\u180e\u200b\u2060-\u2064\ufeff]")
_JOINERS = re.compile(r"[\u200c\u200d]")
_LINE_BREAKS = re.compile(r"[\x00-\x08\n\x0b-\x1f\x7f-\x9f\u2028\u2029]")

# IDNA 2003 reads the full stops of Chinese and Japanese as dots (RFC 3490 §3.1).
_DOT = re.compile(r"[.\u3002\uff0e\uff61]")
_ODD_PAIR = re.compile(r"\\[^ -~]")

# Which sentence of email-validator means which of our codes; the first that fits wins.
_REASONS = (
    ("no_at", "must have an @-sign"),
    ("no_local", "must be something before the @-sign"),
    ("no_domain", "must be something after the @-sign"),
    ("too_long", "too long"),
    ("dots", "period"),
    ("dots", "hyphen"),
    ("domain_characters", "not valid IDNA"),
    ("domain_characters", "The part after the @-sign"),
    ("literal", "in brackets"),
    ("local_characters", "before the @-sign"),
)

_COMMON_DOMAINS = (
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com",
    "yahoo.com", "icloud.com", "me.com", "aol.com", "proton.me", "protonmail.com", "gmx.de",
    "gmx.net", "gmx.at", "web.de", "t-online.de", "freenet.de", "yahoo.de", "hotmail.de",
    "outlook.de", "yahoo.co.uk", "hotmail.co.uk", "btinternet.com", "orange.fr", "free.fr",
    "laposte.net", "wanadoo.fr", "hotmail.fr", "yahoo.fr", "libero.it", "virgilio.it",
    "hotmail.it", "yahoo.it", "mail.ru", "yandex.ru", "bluewin.ch", "comcast.net",
    "verizon.net", "att.net", "sbcglobal.net", "qq.com", "163.com", "zoho.com", "fastmail.com",
)  # fmt: skip
_COMMON_ENDINGS = {
    "con": "com", "cpm": "com", "vom": "com", "xom": "com", "comm": "com", "ocm": "com",
    "cmo": "com", "coom": "com", "nte": "net", "ner": "net", "ogr": "org", "orgg": "org",
    "dee": "de",
}  # fmt: skip

# Letters that look like one another on screen: a selection of the Unicode confusables (UTS 39)
# that can stand in a domain, Latin letter they resemble last.
_CONFUSABLES = str.maketrans(
    {
        **dict(zip("аеорсухіјѕԁһӏԛԝьгпкмтвнЬ", "aeopcyxijsdhlqwbrnkmtbhb", strict=True)),
        **dict(zip("αονρτυικγνωβεηχ", "aovptuikyvwbenx", strict=True)),
        **dict(zip("ıɑɡɩʏʟᴄᴏᴜᴠᴡᴢƖƽ", "iagiylcouvwzls", strict=True)),
        **dict(zip("օսցոհ", "ougnh", strict=True)),
        "0": "o", "1": "l", "3": "e", "5": "s", "|": "l", "æ": "ae", "œ": "oe", "ß": "ss",
        "ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ð": "d",
    }
)  # fmt: skip
_LOOKALIKE_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"), ("i", "l"))


def check_address(addr_spec: str) -> str | None:
    """Return why an address may not be written to, or None if it may.

    Codes: no_at, no_local, no_domain, too_long, dots, local_characters, domain_characters,
    literal, hidden_characters, syntax.
    """
    if is_plain(addr_spec):
        return None
    if _BIDI.search(addr_spec) or _ZERO_WIDTH.search(addr_spec) or _LINE_BREAKS.search(addr_spec):
        return "hidden_characters"
    from email_validator import EmailNotValidError, validate_email  # 25 ms, not before it is needed

    try:
        validate_email(
            addr_spec,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_quoted_local=True,
            allow_domain_literal=True,
            globally_deliverable=False,  # localhost and test are for administrators to use
            strict=True,  # 64 octets at most before the @ (RFC 5321 §4.5.3.1.1)
        )
    except EmailNotValidError as error:
        return _reason(str(error))
    # An escaped letter beyond ASCII is in no grammar (RFC 6531 §3.3).
    return "local_characters" if _ODD_PAIR.search(addr_spec) else None


def lacks_dot(addr_spec: str) -> bool:
    """Say whether the domain is one word, such as in jane@northwind: no public mail goes there.

    Such an address is well formed (RFC 5321 §2.3.5), but both providers deliver to the public
    internet only, where no top-level domain takes mail (RFC 7085).
    """
    local, at, domain = addr_spec.strip().rpartition("@")
    return bool(local and at and domain) and not domain.startswith("[") and not _DOT.search(domain)


def is_valid(text: str) -> bool:
    """Say whether `text` is one address that may be written to, alone or with name or comment."""
    if check_address(text) is None:
        return True
    if "<" not in text and "(" not in text:
        return False
    found = parse_addresses(text)
    if len(found.addresses) != 1 or found.unreadable or not _is_balanced(text):
        return False
    spec = found.addresses[0].addr_spec
    return spec in text and check_address(spec) is None


def _is_balanced(text: str) -> bool:
    kinds = [token.kind for token in scan(text)]
    words = [token.raw for token in scan(text) if token.kind is Kind.WORD]
    return Kind.OPEN not in kinds and not any(word.strip("()") == "" for word in words)


def _reason(sentence: str) -> str:
    return next((code for code, part in _REASONS if part in sentence), "syntax")


def suggest_domain(domain: str, known_domains: Iterable[str] = ()) -> str | None:
    """Return the domain that was probably meant, such as gmail.com for gmial.com, or None.

    Args:
        domain: what was typed.
        known_domains: domains of contacts, the likelier ones first; a known domain is no slip.
    """
    typed = domain.lower().rstrip(".")
    known = [name.lower() for name in known_domains]
    if not typed or typed in known or typed in _COMMON_DOMAINS:
        return None
    for candidate in (*known, *_COMMON_DOMAINS):
        # Short names are too near to one another: gmx.de and gmx.net are both real.
        if len(candidate) >= 6 and _is_slip(typed, candidate):
            return candidate
    head, _, ending = typed.rpartition(".")
    return f"{head}.{_COMMON_ENDINGS[ending]}" if head and ending in _COMMON_ENDINGS else None


def _is_slip(typed: str, meant: str) -> bool:
    if abs(len(typed) - len(meant)) > 2:
        return False
    typed_head, _, typed_ending = typed.partition(".")
    head, _, ending = meant.partition(".")
    if typed_head == head:  # gmx.de is not a slip for gmx.net, gmail.con is one for gmail.com
        is_other = typed_ending in _REAL_ENDINGS and typed_ending not in _CUT_ENDINGS
        return not is_other and _distance(typed_ending, ending, 1) <= 1
    if typed_ending != ending and typed_ending in _REAL_ENDINGS:
        return False
    limit = 2 if len(head) >= 8 else 1
    return _distance(typed, meant, limit) <= limit and typed_head[:1] == head[:1]


# Real, but far more often a .com that lost a letter.
_CUT_ENDINGS = frozenset(("co", "cm", "om"))
_REAL_ENDINGS = frozenset(
    "com net org de at ch fr it es nl be uk eu us ca au io co me info biz dev app ai se no dk fi"
    " pl cz ru in jp cn br mx pt ie lu li cm om co.uk com.au co.jp com.br co.nz co.in".split()
)


def _distance(one: str, other: str, limit: int) -> int:
    """Return the edit distance with transpositions (optimal string alignment), up to `limit`."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def looks_alike(domain: str, known: Iterable[str]) -> str | None:
    """Return the known domain that `domain` can be mistaken for at a glance, or None."""
    typed = _readable(domain)
    names = [_readable(name) for name in known]
    if typed in names:
        return None
    shape = skeleton(typed)
    return next((name for name in names if skeleton(name) == shape), None)


def skeleton(domain: str) -> str:
    """Return the shape of a domain on screen: equal shapes are easily confused (after UTS 39)."""
    shape = unicodedata.normalize("NFKD", domain.casefold())
    shape = "".join(char for char in shape if not unicodedata.combining(char))
    shape = shape.translate(_CONFUSABLES)
    for pair, letter in _LOOKALIKE_PAIRS:
        shape = shape.replace(pair, letter)
    return shape


def _readable(domain: str) -> str:
    """Return a domain with its A-labels shown as the letters they stand for."""
    name = domain.lower().rstrip(".")
    if "xn--" not in name:
        return name
    return ".".join(_shown(label) for label in name.split("."))


def _shown(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def spoof_signs(address: Address) -> tuple[str, ...]:
    """Return the codes of what may deceive in an address and its name.

    Codes: name_is_other_address, bidi, zero_width, line_break, mixed_scripts.
    """
    both = f"{address.name}\n{address.addr_spec}"
    signs = []
    if _names_other_address(address):
        signs.append("name_is_other_address")
    if _BIDI.search(both):
        signs.append("bidi")
    if _ZERO_WIDTH.search(both) or _JOINERS.search(address.addr_spec):
        signs.append("zero_width")
    if _LINE_BREAKS.search(address.name) or _LINE_BREAKS.search(address.addr_spec):
        signs.append("line_break")
    if any(_mixes_scripts(label) for label in _readable(address.domain).split(".")):
        signs.append("mixed_scripts")
    return tuple(signs)


def _names_other_address(address: Address) -> bool:
    name = unicodedata.normalize("NFKC", address.name)
    own = address.key
    return any(Address(found).key != own for found in _ADDRESS_IN_NAME.findall(name))


def _mixes_scripts(label: str) -> bool:
    scripts = {_script(char) for char in label if char.isalpha()}
    # Japanese and Korean mix theirs by nature; Latin with Cyrillic or Greek is a disguise.
    return len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"}) > 1


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]
