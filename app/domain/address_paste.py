"""Turns what is pasted besides plain lists into one: mailto links and spreadsheet rows.

Pure. A row with one address cell becomes `name <address>`: the name is the cell before it (two, if
they are single words: first and last name) or else after it; its other cells say nothing about
who to write to and are left out. Any other text is not touched.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from app.domain.address import quote_local

SIMPLE_ADDRESS = re.compile(r"[^\s@\"(),:;<>\[\]\\]+@[^\s@\"(),:;<>\[\]\\]+")
_MAILTO = re.compile(r"mailto:([^\s<>\"?;\[\]]*)(?:\?([^\s<>\"\]]*))?", re.IGNORECASE)
_FULL_WIDTH_AT = re.compile(r"(?<=\S)\uff20(?=\S)")  # Japanese and Chinese keyboards
# Rows saved as text have no space after the separator: `Jane Doe,jane@x.example`.
_TIGHT = re.compile(r"[,;](?=[^\s,;])")
_QUOTED_CELL = re.compile(r'"(?:[^"]|"")*"')
_SEPARATORS = re.compile(r"[\s,;:<>()\"\\，；]+")
_LINE_END = re.compile(r"\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def unpack(text: str) -> str:
    """Return `text` with mailto links and spreadsheet rows written as a list of addresses."""
    text = _FULL_WIDTH_AT.sub("@", text)
    if "mailto:" in text.lower():
        text = _MAILTO.sub(_mailto_list, text)
    lines = _LINE_END.split(text)
    if "\t" not in text and (len(lines) == 1 or not any(map(_TIGHT.search, lines))):
        return text
    return "\n".join(_row(line) for line in lines)


def _mailto_list(match: re.Match[str]) -> str:
    """Return the recipients of a mailto link as a list (RFC 6068 §2)."""
    parts = match[1].split(",")
    for item in (match[2] or "").replace("&amp;", "&").split("&"):
        name, _, value = item.partition("=")
        if name.lower() == "to":
            parts += value.split(",")
    return ", ".join(_mailto_address(part) for part in parts if part)


def _mailto_address(part: str) -> str:
    decoded = _LINE_END.sub(" ", unquote(part)).strip()
    local, at, domain = decoded.rpartition("@")
    # What was encoded must not become a separator now.
    domain = _SEPARATORS.sub("", domain)
    return f"{quote_local(local)}@{domain}" if at and local else _SEPARATORS.sub(" ", decoded)


def _row(line: str) -> str:
    """Return a spreadsheet row as `name <address>`; any other line as it is."""
    cells = _cells(line)
    found = [n for n, cell in enumerate(cells) if SIMPLE_ADDRESS.fullmatch(_bare(cell))]
    filled = [cell for cell in cells if cell]
    if line[:1] in " \t" or len(found) != 1 or len(filled) < 2:
        return line
    before, after = cells[: found[0]], cells[found[0] + 1 :]
    if "@" in "".join(before + after):
        return line
    name = _row_name([cell for cell in before if cell], [cell for cell in after if cell])
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{_bare(cells[found[0]])}>'


def _cells(line: str) -> list[str]:
    if "\t" in line:
        return [cell.strip() for cell in line.split("\t")]
    if not _TIGHT.search(line) or "<" in line or "\0" in line or ", " in _QUOTED_CELL.sub("", line):
        return [line]
    quoted = _QUOTED_CELL.findall(line)
    separator = ";" if ";" in _QUOTED_CELL.sub("", line) else ","
    row = _QUOTED_CELL.sub("\0", line).split(separator)
    return [cell.replace("\0", quoted.pop(0), 1) if "\0" in cell else cell for cell in row]


def _row_name(before: list[str], after: list[str]) -> str:
    # First and last name are often two columns; a cell of several words is a whole name.
    if not before:
        return _bare(after[0])
    if len(before) > 1 and all(" " not in cell for cell in before[-2:]):
        return " ".join(_bare(cell) for cell in before[-2:])
    return _bare(before[-1])


def _bare(cell: str) -> str:
    cell = cell.strip()
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell.strip("<>")
