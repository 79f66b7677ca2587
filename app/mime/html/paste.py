"""Clipboard HTML cleaned for a mail: Word, Outlook, Google Docs, LibreOffice, OneNote and the web.

Keeps every word, lists, tables, links and basic style; leaves the rest of the source's look behind,
so that what is pasted reads as if written here. Pure. The result is sanitised; remote pictures are
replaced by their text, since a paste must load nothing and send nothing unasked.
"""

from __future__ import annotations

import re
from dataclasses import replace

from app.mime.html import paste_lists, paste_sheet, paste_tables, policy, sanitize
from app.mime.html.paste_style import STYLES, Look, block_style, look_of
from app.mime.html.tree import Element, parse, serialize

# The header of the Windows clipboard format "HTML Format", before the document itself.
_CF_HTML = re.compile(
    r"\s*+Version:[\d.]+\s+(?:(?:Start|End|Source)\w+:[^\r\n<]*\s+)+", re.IGNORECASE
)
_FOLD = re.compile(r"[ \t\r\n\f]+")

_RENAMED = {
    "strong": "b",
    "em": "i",
    "ins": "u",
    "strike": "s",
    "del": "s",
    "section": "div",
    "article": "div",
    "main": "div",
    "header": "div",
    "footer": "div",
    "aside": "div",
    "nav": "div",
    "address": "div",
    "center": "div",
    "figure": "div",
    "figcaption": "p",
    "h5": "h4",
    "h6": "h4",
    "tt": "code",
    "kbd": "code",
    "samp": "code",
    "listing": "pre",
    "xmp": "pre",
}
_BLOCKS = frozenset("p div h1 h2 h3 h4 blockquote pre ul ol li dl dt dd".split())
_TABLE_TAGS = frozenset("table thead tbody tfoot tr td th caption colgroup col".split())


def clean_paste(html: str) -> str:
    """Return `html` from a clipboard as a clean, safe fragment in the product's own markup."""
    html = html.removeprefix("\ufeff")
    header = _CF_HTML.match(html)
    html = html[header.end() :] if header else html
    body = parse(html)
    paste_sheet.apply_classes(html, body)
    paste_lists.gather(body)
    cleaned = Element("body", {}, _Cleaner().children(body, is_pre=False))
    paste_lists.nest_strays(cleaned)
    return sanitize.clean(
        serialize(cleaned).strip(), allow_remote_images=False, styles=STYLES, link_rel=None
    )


class _Cleaner:
    """Rebuilds the tree with what may stay; recursion is safe on a tree of bounded depth."""

    def children(self, element: Element, *, is_pre: bool) -> list[Element | str]:
        out: list[Element | str] = []
        for child in element.children:
            if isinstance(child, str):
                out.append(child if is_pre or child.isalnum() else _FOLD.sub(" ", child))
            else:
                out += self._element(child, is_pre=is_pre)
        return out

    def _element(self, element: Element, *, is_pre: bool) -> list[Element | str]:
        """Return what `element` becomes: itself made clean, its children alone, or nothing."""
        tag = _RENAMED.get(element.tag, element.tag)
        if tag == "img":
            return _picture(element)
        if tag == "span" and paste_lists.is_marker(element):
            words = " ".join(element.text().split())
            return [f"{words} "] if words else []
        if tag in ("br", "hr"):
            is_residue = "Apple-interchange-newline" in element.attrs.get("class", "")
            return [] if is_residue else [Element(tag)]
        inner = self.children(element, is_pre=is_pre or tag == "pre")
        if not is_pre and tag != "pre" and (tag in _BLOCKS or tag in ("td", "th")):
            inner = _trimmed(inner)
        if tag in ("td", "th"):
            # The fill of a cell is the cell's own, not its text's.
            look = look_of(element)
            inner = _dressed(inner, replace(look, background="") if look.background else look)
        if tag in _TABLE_TAGS:
            return [Element(tag, paste_tables.attributes(element), inner)]
        if tag in _BLOCKS:
            return _block(element, tag, inner)
        if tag == "a":
            inner = _linked(element, inner)
        return _dressed(inner, look_of(element))


def _block(element: Element, tag: str, inner: list[Element | str]) -> list[Element | str]:
    if tag == "p" and not inner:
        return []
    look = look_of(element)
    attrs = block_style(element)
    if tag in ("ol", "ul", "li"):
        attrs |= {k: v for k in ("start", "type", "value") if (v := element.attrs.get(k))}
    if tag == "li":
        inner = _without_lone_paragraph(inner)
    if tag in ("div", "ul", "ol", "blockquote", "dl"):
        # Their look falls on the blocks inside; said once more on every run of text it would only
        # make noise, and words directly in a div are seldom styled there.
        return [Element(tag, attrs, inner)] if tag != "div" or attrs or inner else []
    if tag.startswith("h"):
        look = Look(italic=look.italic, color=look.color)
    return [Element(tag, attrs, _dressed(inner, look))]


def _trimmed(inner: list[Element | str]) -> list[Element | str]:
    """Fold white space that met when elements between went, and drop it at both ends."""
    out: list[Element | str] = []
    for child in inner:
        if isinstance(child, str) and out and isinstance(out[-1], str):
            out[-1] = _FOLD.sub(" ", out[-1] + child)
        else:
            out.append(child)
    if out and isinstance(out[0], str):
        out[0] = out[0].lstrip(" ")
    if out and isinstance(out[-1], str):
        out[-1] = out[-1].rstrip(" ")
    return [child for child in out if child != ""]


def _without_lone_paragraph(inner: list[Element | str]) -> list[Element | str]:
    """Unwrap the one paragraph that Docs and LibreOffice put in each list item."""
    kept = [c for c in inner if isinstance(c, Element) or c.strip(" ")]
    paragraphs = [c for c in kept if isinstance(c, Element) and c.tag == "p"]
    if len(paragraphs) == 1 and kept[0] is paragraphs[0]:
        return [*paragraphs[0].children, *kept[1:]]
    return inner


def _linked(element: Element, inner: list[Element | str]) -> list[Element | str]:
    href = policy.safe_link(element.attrs.get("href", ""))
    # A place inside the source document leads nowhere in a mail.
    if not href or href.startswith("#") or not inner:
        return inner
    return [Element("a", {"href": href}, inner)]


def _picture(element: Element) -> list[Element | str]:
    src = policy.safe_image(element.attrs.get("src", ""), allow_remote=False)
    alt = element.attrs.get("alt", "").strip()
    if not src:
        return [alt] if alt else []
    attrs = {"src": src, "alt": alt}
    attrs |= {
        side: size
        for side in ("width", "height")
        if (size := element.attrs.get(side, "")).isdecimal() and int(size[:6]) < 5000
    }
    return [Element("img", attrs)]


def _dressed(inner: list[Element | str], look: Look) -> list[Element | str]:
    """Wrap the inline parts of `inner` in the elements that give them `look`."""
    if look.is_plain or not inner:
        return inner
    out: list[Element | str] = []
    run: list[Element | str] = []
    for child in inner:
        if isinstance(child, Element) and (child.tag in _BLOCKS or child.tag in _TABLE_TAGS):
            out += [*look.wrapped(run), child]
            run = []
        else:
            run.append(child)
    return out + look.wrapped(run)
