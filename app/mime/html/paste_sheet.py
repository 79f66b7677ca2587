"""Class styles of a paste, read from its own style sheet into the elements that use them.

Spreadsheets give each cell a class and say its look only in the sheet. Pure; reads single class
selectors (`.xl65`, `td.xl65`) and nothing else of CSS.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.mime.html.tree import Element

_MAX_SHEET_CHARS = 500_000
_MAX_STYLE_CHARS = 2_000
_SHEET = re.compile(r"<style[^>]*>(.*?)</style", re.IGNORECASE | re.DOTALL)
_RULE = re.compile(r"([^{}]{1,300})\{([^{}]*)\}")
_CLASS = re.compile(r"\s*(?:[a-z0-9]+)?\.([\w-]+)\s*", re.IGNORECASE)


def apply_classes(html: str, body: Element) -> None:
    """Put the declarations of the classes that `html` defines in front of inline styles."""
    rules = _rules(html)
    if not rules:
        return
    for element in body.walk():
        named = element.attrs.get("class", "").split()
        styles = [rules[name] for name in named[:10] if name in rules]
        if styles:
            element.attrs["style"] = ";".join([*styles, element.attrs.get("style", "")])


def _rules(html: str) -> dict[str, str]:
    rules: dict[str, str] = {}
    start = html.lower().find("<style")
    if start < 0:
        return rules
    for sheet in _SHEET.finditer(html, start, start + _MAX_SHEET_CHARS):
        for selectors, declarations in _RULE.findall(sheet[1].replace("<!--", " ")):
            for selector in selectors.split(","):
                if match := _CLASS.fullmatch(selector):
                    known = rules.get(match[1], "")
                    rules[match[1]] = f"{known};{declarations}"[-_MAX_STYLE_CHARS:].strip()
    return rules
