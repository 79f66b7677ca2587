"""One e-mail address with the name that goes with it, and how people read it.

Imports nothing of ours but, on demand, its parser. It does not judge: `address_check` says
whether an address may be written to.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_ATOM = r"[^\s\"(),.:;<>@\[\\\]\x00-\x1f\x7f-\xa0]+"
_ATOMS = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
# What nearly everybody writes. No two signs in a row, so no A-label either (xn--).
_PLAIN = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9_]+(?:[._+-][A-Za-z0-9_]+)*"
    r"@(?:(?=[^.]{1,63}\.)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,63}"
)
_MAX_PLAIN = 254


@dataclass(frozen=True, slots=True)
class Address:
    """An RFC 5322 mailbox: `addr_spec` as it was written, `name` decoded and without quotes."""

    addr_spec: str
    name: str = ""

    @property
    def local(self) -> str:
        """The part before the last @, as written (quotes included)."""
        return self.addr_spec.rpartition("@")[0] or self.addr_spec

    @property
    def domain(self) -> str:
        """The part after the last @, as written; empty if there is none."""
        before, at, after = self.addr_spec.rpartition("@")
        return after if at and before else ""

    @property
    def key(self) -> str:
        """What makes two addresses the same for us: local part casefolded, domain by IDNA."""
        spec = self.addr_spec
        if spec.isascii() and '"' not in spec and not spec.endswith((".", "@")):
            return spec.lower()  # as what follows would give, five times as fast
        local = unicodedata.normalize("NFC", unquote_local(self.local)).casefold()
        domain = self.domain
        return f"{local}@{_domain_key(domain)}" if domain else local

    @property
    def label(self) -> str:
        """The shortest thing a person recognises: the name, or else the address."""
        return self.name or self.addr_spec

    def format(self) -> str:
        """Return `"Doe, Jane" <jane@x.example>` for people; Unicode is kept, nothing is folded."""
        spec = _CONTROLS.sub(" ", self.addr_spec).strip()
        name = _CONTROLS.sub(" ", self.name).strip()
        if not name:
            return spec
        return f"{quote_name(name)} <{spec}>" if spec else quote_name(name)

    def __str__(self) -> str:
        return self.format()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A piece of input that is no address; `reason` is a stable code."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class ParsedAddresses:
    """What a text held: addresses in the order written, and what could not be read."""

    addresses: tuple[Address, ...]
    unreadable: tuple[Unreadable, ...]


def parse_addresses(text: str) -> ParsedAddresses:
    """Read recipients as people type and paste them (see `address_parse` for the rules)."""
    if is_plain(text):
        return ParsedAddresses((Address(text),), ())
    from app.domain.address_parse import parse  # the parser needs the values above

    return parse(text)


def is_plain(text: str) -> bool:
    """Say whether this is one address by any rule, and nothing else: nothing more need be asked."""
    return len(text) <= _MAX_PLAIN and _PLAIN.fullmatch(text) is not None


def format_addresses(addresses: tuple[Address, ...] | list[Address]) -> str:
    """Return a list for people, which `parse_addresses` reads back."""
    return ", ".join(address.format() for address in addresses)


def quote_name(name: str) -> str:
    """Return a display name as an RFC 5322 phrase, in quotes where it needs them."""
    if _ATOMS.fullmatch(name) and "=?" not in name:
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unquote_local(local: str) -> str:
    """Return a local part without quotes and escapes: `"a b"` → `a b`."""
    if len(local) > 1 and local[0] == local[-1] == '"':
        return _QUOTED_PAIR.sub(r"\1", local[1:-1])
    return local


def quote_local(local: str) -> str:
    """Return a local part that is a dot-atom or a quoted string (RFC 5322 §3.4.1)."""
    bare = unquote_local(local)
    if _DOT_ATOM.fullmatch(bare):
        return bare
    escaped = bare.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def domain_to_ascii(domain: str) -> str:
    """Return a domain as A-labels by IDNA 2008 with UTS-46 mapping, never the transitional one.

    The built-in codec is IDNA 2003 and would turn straße.de into strasse.de, another domain.

    Raises:
        ValueError: the domain cannot be registered under IDNA 2008.
    """
    if domain.isascii():
        return domain
    import idna  # only for the few domains that need its tables

    return idna.encode(domain, uts46=True, transitional=False).decode("ascii")


def _domain_key(domain: str) -> str:
    domain = domain.rstrip(".")
    if domain.isascii():
        return domain.lower()
    try:
        return domain_to_ascii(domain).lower()
    except ValueError:
        return unicodedata.normalize("NFC", domain).casefold()
