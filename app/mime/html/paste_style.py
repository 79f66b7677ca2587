"""Which looks of pasted text survive, and in what form.

Bold, italic, underline, strike, raised and lowered text become elements; colours that are not the
default and sizes that differ from body text become one `span`. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.mime.html import policy
from app.mime.html.tree import Element

STYLES = frozenset(
    "color background-color font-size font-family text-align vertical-align border"
    " border-collapse padding margin width list-style-type white-space".split()
)
_BOLD_FROM = 600
_SMALLEST_PT, _LARGEST_PT = 7.0, 48.0
# What editors call body text; a paste takes on the size of the mail around it.
_BODY_PT = (9.5, 12.5)
_POINTS = {"pt": 1.0, "px": 0.75, "in": 72.0, "cm": 28.35, "mm": 2.835, "pc": 12.0}
_FONT_SIZES = {"1": 7.5, "2": 10.0, "3": 12.0, "4": 13.5, "5": 18.0, "6": 24.0, "7": 36.0}
_NAMED_SIZES = {
    "xx-small": 7.0,
    "x-small": 7.5,
    "small": 10.0,
    "medium": 12.0,
    "large": 13.5,
    "x-large": 18.0,
    "xx-large": 24.0,
}
_SIZE = re.compile(r"(\d{0,4}\.?\d{1,4})\s*(pt|px|in|cm|mm|pc)")
_DEFAULT_COLORS = frozenset(
    "windowtext black #000 #000000 auto initial inherit currentcolor unset text canvastext"
    " rgb(0,0,0) rgba(0,0,0,1) rgb(0,0,0,1) #000000ff".split()
)
_DEFAULT_BACKGROUNDS = frozenset(
    "white #fff #ffffff transparent none auto initial inherit window unset rgb(255,255,255)"
    " rgba(0,0,0,0) rgba(255,255,255,0) rgba(255,255,255,1)".split()
)
_COLOR = re.compile(
    r"#(?:[0-9a-f]{3}|[0-9a-f]{6})|rgba?\([\d.,%\s/]{5,40}\)|hsla?\([\d.,%\s/deg]{5,40}\)|[a-z]{3,24}",
    re.IGNORECASE,
)
_MONOSPACE = re.compile(r"courier|consolas|monaco|menlo|mono\b|monospace", re.IGNORECASE)
_ALIGNMENTS = frozenset({"center", "right", "justify"})
_BY_TAG = {
    "b": "bold",
    "strong": "bold",
    "th": "",
    "i": "italic",
    "em": "italic",
    "cite": "italic",
    "dfn": "italic",
    "var": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strike",
    "strike": "strike",
    "del": "strike",
    "sub": "lowered",
    "sup": "raised",
    "code": "code",
    "tt": "code",
    "kbd": "code",
    "samp": "code",
}
_ELEMENTS = (
    ("code", "code"),
    ("raised", "sup"),
    ("lowered", "sub"),
    ("strike", "s"),
    ("underline", "u"),
    ("italic", "i"),
    ("bold", "b"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a run of text looks, as far as a paste keeps it."""

    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    raised: bool = False
    lowered: bool = False
    code: bool = False
    color: str = ""
    background: str = ""
    size_pt: float = 0.0

    @property
    def is_plain(self) -> bool:
        """Say that nothing would be wrapped."""
        return self == PLAIN

    def wrapped(self, run: list[Element | str]) -> list[Element | str]:
        """Return `run` inside the elements of this look; white space alone stays bare."""
        if not any(isinstance(child, Element) or child.strip(" ") for child in run):
            return run
        if style := self._style():
            run = [Element("span", {"style": style}, run)]
        for name, tag in _ELEMENTS:
            if getattr(self, name):
                run = [Element(tag, {}, run)]
        return run

    def _style(self) -> str:
        parts = {
            "color": self.color,
            "background-color": self.background,
            "font-size": f"{self.size_pt:g}pt" if self.size_pt else "",
        }
        return ";".join(f"{name}:{value}" for name, value in parts.items() if value)


PLAIN = Look()


def look_of(element: Element) -> Look:
    """Return the look an element gives to its text, by its name, attributes and inline style."""
    own = _BY_TAG.get(element.tag, "")
    if not own and not element.attrs:
        return PLAIN
    style = dict(policy.declarations(element.attrs.get("style", "")))
    # A link is blue and underlined by itself.
    is_link = element.tag == "a"
    decoration = f"{style.get('text-decoration', '')} {style.get('text-decoration-line', '')}"
    raise_by = style.get("vertical-align", "")
    return Look(
        bold=_is_bold(style.get("font-weight", ""), default=own == "bold"),
        italic=_is_italic(style.get("font-style", ""), default=own == "italic"),
        underline=not is_link and (own == "underline" or "underline" in decoration),
        strike=own == "strike" or "line-through" in decoration,
        raised=own == "raised" or raise_by == "super",
        lowered=own == "lowered" or raise_by == "sub",
        code=own == "code" or bool(_MONOSPACE.search(style.get("font-family", ""))),
        color="" if is_link else text_color(style.get("color") or _font(element, "color")),
        background=background(style),
        size_pt=_size(style.get("font-size", "") or _FONT_SIZES.get(_font(element, "size"), 0.0)),
    )


def block_style(element: Element) -> dict[str, str]:
    """Return the attributes a paragraph or other block keeps: its alignment and direction."""
    if not element.attrs:
        return {"align": "center"} if element.tag == "center" else {}
    style = dict(policy.declarations(element.attrs.get("style", "")))
    align = (style.get("text-align") or element.attrs.get("align", "")).lower()
    if element.tag == "center":
        align = "center"
    attrs = {"style": f"text-align:{align}"} if align in _ALIGNMENTS else {}
    direction = (style.get("direction") or element.attrs.get("dir", "")).lower()
    if direction == "rtl":
        attrs["dir"] = "rtl"
    return attrs


def text_color(value: str) -> str:
    """Return a text colour that is safe and not the default, or an empty text."""
    return _color(value, _DEFAULT_COLORS)


def background(style: dict[str, str]) -> str:
    """Return the background colour of a style that is safe and not the default, or nothing."""
    value = style.get("background-color") or style.get("background") or ""
    highlight = style.get("mso-highlight", "")
    return _color(value, _DEFAULT_BACKGROUNDS) or _color(highlight, _DEFAULT_BACKGROUNDS)


def _color(value: str, defaults: frozenset[str]) -> str:
    bare = "".join(value.lower().split())
    return value if bare and bare not in defaults and _COLOR.fullmatch(value) else ""


def _font(element: Element, name: str) -> str:
    return element.attrs.get(name, "").strip() if element.tag == "font" else ""


def _is_bold(weight: str, *, default: bool) -> bool:
    weight = weight.lower()
    if not weight or weight == "inherit":
        return default
    return weight in ("bold", "bolder") or (weight.isdecimal() and int(weight[:4]) >= _BOLD_FROM)


def _is_italic(style: str, *, default: bool) -> bool:
    return style.lower().startswith(("italic", "oblique")) if style else default


def _size(value: str | float) -> float:
    if isinstance(value, str):
        match = _SIZE.fullmatch(value.strip().lower())
        points = float(match[1]) * _POINTS[match[2]] if match else _NAMED_SIZES.get(value, 0.0)
    else:
        points = value
    if not points or _BODY_PT[0] <= points <= _BODY_PT[1]:
        return 0.0
    return round(min(max(points, _SMALLEST_PT), _LARGEST_PT), 1)
