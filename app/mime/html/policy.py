"""The mail policy for HTML: which elements, attributes, addresses and styles may stay.

Pure tables and value checks; `sanitize` and `paste` apply them. What is not named here goes.
"""

from __future__ import annotations

import re

TAGS = frozenset(
    "a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col"
    " colgroup dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i"
    " img ins kbd li main mark nav ol p pre q rp rt ruby s samp section small span strike strong sub"
    " summary sup table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
# Dropped with what is in them: code, foreign markup and text never meant to be read.
DROPPED_WITH_CONTENT = frozenset(
    "script style title noscript template iframe frameset object embed applet svg math xml noembed"
    " noframes audio video canvas datalist".split()
)
_GENERAL = frozenset({"style", "dir", "lang", "title", "align"})
_CELL = frozenset(
    "valign width height bgcolor colspan rowspan nowrap scope abbr headers".split()
) - {"headers"}
_BY_TAG: dict[str, frozenset[str]] = {
    "a": frozenset({"href"}),
    "img": frozenset("src alt width height border hspace vspace".split()),
    "table": frozenset("border cellpadding cellspacing width height bgcolor summary".split()),
    "td": _CELL,
    "th": _CELL,
    "tr": frozenset("valign height bgcolor".split()),
    "tbody": frozenset({"valign"}),
    "thead": frozenset({"valign"}),
    "tfoot": frozenset({"valign"}),
    "col": frozenset("span width".split()),
    "colgroup": frozenset("span width".split()),
    "ol": frozenset("start type reversed".split()),
    "ul": frozenset({"type"}),
    "li": frozenset("value type".split()),
    "font": frozenset("color face size".split()),
    "hr": frozenset("width size color noshade".split()),
    "blockquote": frozenset({"type"}),
    "del": frozenset({"datetime"}),
    "ins": frozenset({"datetime"}),
    "time": frozenset({"datetime"}),
}
ATTRIBUTES: dict[str, set[str]] = {
    tag: set(_GENERAL | _BY_TAG.get(tag, frozenset())) for tag in TAGS
}

LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
SCHEMES = LINK_SCHEMES | {"cid", "data"}

# Browsers drop these from an address before they look at its scheme (WHATWG URL §4.4), and the
# rest of this set is invisible to a reader.
_INVISIBLE = re.compile("[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*):")
_DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp|bmp)[;,]", re.IGNORECASE)
_BASE64_DATA = re.compile(r"data:image/[a-z]+(?:;base64)?,[A-Za-z0-9+/=%._~-]*", re.IGNORECASE)


def safe_link(url: str) -> str | None:
    """Return `url` fit for `href`, or None: a web, mail or telephone address or a `#fragment`."""
    url = url.strip()
    if url.startswith("#"):
        return None if _INVISIBLE.search(url) else url
    match = _SCHEME.match(_INVISIBLE.sub("", url))
    if match and match[1].lower() in LINK_SCHEMES:
        return _tidy(url)
    return None


def safe_image(url: str, *, allow_remote: bool) -> str | None:
    """Return `url` fit for the `src` of an image, or None.

    Parts of the message itself (`cid:`) and inline pixels always; the web only when `allow_remote`.
    """
    bare = _INVISIBLE.sub("", url)
    match = _SCHEME.match(bare)
    if not match:
        return None
    match match[1].lower():
        case "cid":
            return _tidy(url)
        case "data":
            return bare if _DATA_IMAGE.match(bare) and _BASE64_DATA.fullmatch(bare) else None
        case "http" | "https" if allow_remote:
            return _tidy(url)
        case _:
            return None


def _tidy(url: str) -> str:
    """Strip what no address holds; inner spaces stay readable as %20."""
    return _INVISIBLE.sub("", url.strip().replace(" ", "%20"))


_PLAIN = re.compile(r"[\w\s#%.,()'\"+\-]*")
_FUNCTION = re.compile(r"([a-z-]*)\(", re.IGNORECASE)
_FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla"})
_NEGATIVE = re.compile(r"(?:^|[\s(,])-\s*[\d.]")
_LENGTH = re.compile(r"(\d*\.?\d+)\s*(px|pt|pc|in|cm|mm|em|rem|ex|ch|%|vw|vh)?")
_LARGEST = {"em": 20, "rem": 20, "%": 400, "pt": 200, "in": 30, "cm": 80}
_MAX_PX = 3000
_MAX_VALUE_CHARS = 200
_MAX_STYLE_CHARS = 8_000
_SIDES = ("top", "right", "bottom", "left")
STYLES = frozenset(
    "color background-color font-family font-size font-weight font-style font-variant line-height"
    " letter-spacing text-align text-decoration text-decoration-line text-decoration-color"
    " text-decoration-style text-indent text-transform vertical-align white-space word-break"
    " word-spacing word-wrap overflow-wrap direction unicode-bidi display width height min-width"
    " min-height max-width max-height margin padding border border-width border-style border-color"
    " border-radius border-collapse border-spacing list-style list-style-type"
    " list-style-position table-layout empty-cells caption-side float clear visibility overflow"
    " background".split()
    + [f"{box}-{side}" for box in ("margin", "padding", "border") for side in _SIDES]
    + [f"border-{side}-{part}" for side in _SIDES for part in ("width", "style", "color")]
)
_DISPLAY = frozenset(
    "none block inline inline-block list-item table table-row table-cell table-row-group"
    " table-header-group table-footer-group table-column table-column-group table-caption"
    " inline-table".split()
)


def declarations(style: str) -> list[tuple[str, str]]:
    """Split an inline style into (property, value), lower-cased names, in order.

    A semicolon inside quotes or brackets separates nothing (CSS Syntax 3 §5.4.4). Comments go.
    """
    if not style:
        return []
    if "/*" in style:
        style = _COMMENT.sub(" ", style)
    found = []
    for piece in _PIECE.findall(style[:_MAX_STYLE_CHARS]):
        name, colon, value = piece.partition(":")
        if colon:
            found.append((name.strip().lower(), value.strip()))
    return found


_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_PIECE = re.compile(r"(?:[^;\"'(]++|\"[^\"]*+\"?|'[^']*+'?|\([^)]*+\)?)++")


def safe_style(style: str, allowed: frozenset[str] = STYLES) -> str:
    """Return the declarations of `style` that the policy lets pass, as `name:value;name:value`."""
    kept = []
    for name, raw in declarations(style):
        value = raw.removesuffix("!important").removesuffix("! important").strip()
        if name in allowed and value and is_safe_value(name, value):
            kept.append(f"{name}:{value}")
    return ";".join(kept)


def is_safe_value(name: str, value: str) -> bool:
    """Tell if a style value holds only words, numbers, colours and strings of a sane size."""
    if len(value) > _MAX_VALUE_CHARS or not _PLAIN.fullmatch(value):
        return False
    if any(found[1].lower() not in _FUNCTIONS for found in _FUNCTION.finditer(value)):
        return False
    if name == "display" and value.lower() not in _DISPLAY:
        return False
    if _NEGATIVE.search(value) and name.startswith(("margin", "text-indent", "padding")):
        return False
    return value.count('"') % 2 == 0 and value.count("'") % 2 == 0 and _is_sane_size(name, value)


def _is_sane_size(name: str, value: str) -> bool:
    if "color" in name or name in ("font-family", "font-weight"):
        return True
    return all(
        float(number) <= _LARGEST.get(unit.lower(), _MAX_PX)
        for number, unit in _LENGTH.findall(value)
    )
