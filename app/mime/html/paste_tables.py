"""Tables of a paste: their shape, borders and colours in a form every mail reader draws.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.mime.html import markup, policy
from app.mime.html.paste_style import background

if TYPE_CHECKING:
    from app.mime.html.tree import Element

_MAX_SPAN = 1000
_PADDING = "padding:4px 6px"
_ALIGN = {"left", "center", "right", "justify"}
_VALIGN = {"top", "middle", "bottom"}


def attributes(element: Element) -> dict[str, str]:
    """Return the attributes a table, row or cell keeps."""
    if not element.attrs and element.tag not in ("table", "td", "th"):
        return {}
    style = dict(policy.declarations(element.attrs.get("style", "")))
    match element.tag:
        case "table":
            return _of_table(element)
        case "td" | "th":
            return _of_cell(element, style)
        case _:
            color = background(style)
            return {"style": f"background-color:{color}"} if color else {}


def _of_table(table: Element) -> dict[str, str]:
    has_borders = _has_border(table) or any(
        _has_border(cell) for row in table.rows() for cell in row.elements()
    )
    return {
        "border": "1" if has_borders else "0",
        "cellpadding": "6",
        "cellspacing": "0",
        "style": markup.TABLE,
    }


def _of_cell(cell: Element, style: dict[str, str]) -> dict[str, str]:
    if not cell.attrs:
        return {"style": _PADDING}
    attrs = {
        name: value
        for name in ("colspan", "rowspan")
        if (value := cell.attrs.get(name, "")).isdecimal() and 1 < int(value[:6]) <= _MAX_SPAN
    }
    looks = {
        "text-align": (style.get("text-align") or cell.attrs.get("align", "")).lower(),
        "vertical-align": (style.get("vertical-align") or cell.attrs.get("valign", "")).lower(),
        "background-color": background(style) or cell.attrs.get("bgcolor", ""),
        "border": "1px solid #98a1b2" if _has_border(cell) else "",
    }
    looks["text-align"] = looks["text-align"] if looks["text-align"] in _ALIGN else ""
    looks["vertical-align"] = looks["vertical-align"] if looks["vertical-align"] in _VALIGN else ""
    kept = [f"{name}:{value}" for name, value in looks.items() if value]
    attrs["style"] = ";".join([*kept, _PADDING])
    return attrs


def _has_border(element: Element) -> bool:
    if not element.attrs:
        return False
    if element.attrs.get("border", "0").strip() not in ("", "0"):
        return True
    for name, value in policy.declarations(element.attrs.get("style", "")):
        drawn = any(kind in value for kind in ("solid", "double", "dotted", "dashed", "inset"))
        if name.startswith("border") and drawn and "none" not in value:
            return True
    return False
