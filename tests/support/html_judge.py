"""Judges HTML by what an independent parser (html5lib) sees in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import thread_time
from xml.etree import ElementTree as ET

import html5lib

_ACTIVE = set(
    "script iframe frame frameset object embed applet form input button textarea select base meta"
    " link style svg math template noscript audio video source".split()
)
_LOADS = {"src", "background", "poster", "srcset", "data", "lowsrc", "action", "formaction"}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_BITMAP = re.compile(r"data:image/(png|gif|jpe?g|webp|bmp)[;,]")
_STYLE_DANGER = re.compile(r"url\s*\(|expression|@import|behavior|binding|javascript|position|\\")


def tree(html: str) -> ET.Element:
    return html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)


def text_of(html: str) -> str:
    """Return the text of a document; html5lib loses some of a fragment's misplaced text."""
    document = html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)
    return "".join(document.itertext())


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def is_in_order(wanted: list[str], found: list[str]) -> bool:
    remaining = iter(found)
    return all(word in remaining for word in wanted)


def tags_of(html: str) -> list[str]:
    return [element.tag for element in tree(html).iter() if isinstance(element.tag, str)][1:]


def dangers(html: str, *, allow_remote: bool = False) -> list[str]:
    """Return what in `html` runs, loads, submits or escapes its place."""
    return [
        danger
        for element in tree(html).iter()
        if isinstance(element.tag, str)
        for danger in _dangers_of(element, allow_remote=allow_remote)
    ]


def _dangers_of(element: ET.Element, *, allow_remote: bool) -> list[str]:
    found = [f"element {element.tag}"] if element.tag in _ACTIVE or ":" in element.tag else []
    for name, value in element.attrib.items():
        if name.startswith("on") or name in {"id", "name", "class", "srcdoc", "contenteditable"}:
            found.append(f"attribute {name}")
        if name == "style" and _STYLE_DANGER.search(re.sub(r"/\*.*?\*/", "", value.lower())):
            found.append(f"style {value}")
        if name in _LOADS or name == "href":
            found += _dangers_of_address(name, value, allow_remote=allow_remote)
    return found


def _dangers_of_address(name: str, value: str, *, allow_remote: bool) -> list[str]:
    bare = re.sub(r"[\x00-\x20\x7f-\xa0\u200b\ufeff]", "", value).lower()
    scheme = bare.partition(":")[0] if ":" in bare else ""
    if name == "src" and _BITMAP.match(bare):
        return []
    if name == "src" and scheme in {"http", "https", ""} and not allow_remote:
        return [f"remote {value}"]
    if scheme not in _SCHEMES and not bare.startswith("#"):
        return [f"address {name}={value}"]
    return []


def growth(work: Callable[[str], object], make: Callable[[int], str], size: int) -> float:
    """Return how many times longer `work` takes on input eight times as long (best of two)."""
    small, large = make(size), make(size * 8)
    return min(_took(work, large) for _ in range(2)) / max(
        min(_took(work, small) for _ in range(2)), 2e-3
    )


def _took(work: Callable[[str], object], text: str) -> float:
    started = thread_time()
    work(text)
    return thread_time() - started
