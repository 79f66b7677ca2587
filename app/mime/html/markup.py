"""The markup Postrider writes: what the editor's serialiser and the text converter produce.

Pure: strings in, strings out. Nothing here cleans what others wrote: that is `sanitize`.

Outlook for Windows draws mail with Word, Gmail drops `<style>` blocks in many of its apps, and
several readers rewrite class names. What looks the same in all of them, and is therefore all that
is written, is this:

- styles inline, on the element itself; no `<style>`, no class, no id;
- `margin` on `p`, `ul`, `ol`, `blockquote` in px and always said (Word's and the browsers' defaults
  differ), never negative; `padding` only on `td`, `th` and `blockquote` (Word ignores it on `p`,
  `div`, `a` and `img`);
- borders as `1px solid #rrggbb`; colours as `#rrggbb` (Word reads neither `rgba` nor short hex
  everywhere);
- font sizes in pt or px, font families with a generic one last;
- lists as `ul`/`ol` with `li`, nested inside the `li`, never as indented paragraphs;
- tables with `border-collapse:collapse` plus the `cellpadding`, `cellspacing` and `border`
  attributes, since Word reads those and not the properties; widths also as attributes;
- pictures with `width` and `height` attributes in px (Word takes the file's own size otherwise)
  and an `alt`;
- no float, flex, grid, position, background image, `max-width` that matters, or `display` tricks;
- quoted originals as `blockquote type="cite"`, which Apple Mail and Thunderbird fold and colour, and
  a left border for the rest.
"""

from __future__ import annotations

import html as _html

FONT_FAMILY = "Arial, Helvetica, sans-serif"
MONOSPACE_FAMILY = "Consolas, 'Courier New', monospace"

BODY = f"font-family:{FONT_FAMILY};font-size:14px;line-height:1.5;color:#1a1d26"
P = "margin:0"
P_SPACED = "margin:0 0 12px 0"
LIST = "margin:0 0 12px 0;padding:0 0 0 28px"
NESTED_LIST = "margin:0;padding:0 0 0 28px"
LI = "margin:0 0 4px 0"
BLOCKQUOTE = "margin:0 0 12px 0;padding:0 0 0 12px;border-left:2px solid #98a1b2"
LINK = "color:#2f5bea;text-decoration:underline"
IMAGE = "border:0"
TABLE = "border-collapse:collapse;margin:0 0 12px 0"
CELL = "border:1px solid #e2e5ec;padding:6px 8px;vertical-align:top;text-align:left"
HEADER_CELL = f"{CELL};font-weight:bold;background-color:#f4f5f8"
PRE = f"margin:0 0 12px 0;font-family:{MONOSPACE_FAMILY};font-size:13px;white-space:pre-wrap"
CODE = f"font-family:{MONOSPACE_FAMILY};font-size:13px"
RULE = "border:0;border-top:1px solid #e2e5ec;margin:16px 0"
HEADINGS = {
    1: "margin:0 0 12px 0;font-size:22px;font-weight:bold;line-height:1.3",
    2: "margin:0 0 10px 0;font-size:18px;font-weight:bold;line-height:1.3",
    3: "margin:0 0 8px 0;font-size:16px;font-weight:bold;line-height:1.3",
    4: "margin:0 0 8px 0;font-size:14px;font-weight:bold;line-height:1.3",
}
BLANK_PARAGRAPH = f'<p style="{P}">&nbsp;</p>'


def element(tag: str, inner: str, *, style: str = "", **attributes: str | int) -> str:
    """Return `inner` (HTML) inside `tag`; attribute values are escaped, empty ones left out."""
    return f"{_start(tag, style, attributes)}{inner}</{tag}>"


def link(href: str, inner: str) -> str:
    """Return a link to `href` around `inner` (HTML)."""
    return element("a", inner, style=LINK, href=href)


def image(src: str, *, alt: str, width: int | None = None, height: int | None = None) -> str:
    """Return a picture; `src` is a `cid:` address for a picture in the message, sizes in px."""
    attributes: dict[str, str | int] = {"src": src}
    attributes |= {k: v for k, v in (("width", width), ("height", height)) if v}
    start = _start("img", IMAGE, attributes)
    return f'{start[:-1]} alt="{_html.escape(alt)}">'


def table(rows: list[list[str]], *, header: bool = False) -> str:
    """Return a bordered table of cells (HTML each); `header` makes the first row a head."""
    out = []
    for number, row in enumerate(rows):
        tag, style = ("th", HEADER_CELL) if header and number == 0 else ("td", CELL)
        out.append(f"<tr>{''.join(element(tag, cell, style=style) for cell in row)}</tr>")
    return element("table", "".join(out), style=TABLE, border=1, cellpadding=6, cellspacing=0)


def document(body_html: str, *, lang: str, rtl: bool = False) -> str:
    """Return a whole mail document around the fragment `body_html`, which is placed unchanged.

    Args:
        body_html: what goes into the body.
        lang: BCP 47 language of the text, so that screen readers speak it right; may be empty.
        rtl: the text runs from right to left.
    """
    language = f' lang="{_html.escape(lang)}"' if lang else ""
    direction = ' dir="rtl"' if rtl else ""
    return (
        f"<!DOCTYPE html>\n<html{language}{direction}>\n<head>\n"
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'</head>\n<body{direction} style="{BODY}">\n{body_html}\n</body>\n</html>\n'
    )


def _start(tag: str, style: str, attributes: dict[str, str | int]) -> str:
    pairs = [*attributes.items(), ("style", style)]
    written = "".join(f' {k}="{_html.escape(str(v))}"' for k, v in pairs if v != "")
    return f"<{tag}{written}>"
