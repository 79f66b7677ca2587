"""HTML of strangers made safe to show and to send on.

Keeps words, tables, links and looks; drops what runs, loads, submits, or reaches out of its place.
Pure. The parsing and rebuilding is nh3's (ammonia); this module gives it the mail policy.
It must never be asked to judge by pattern what only a parser can see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.mime.html import guard, policy

if TYPE_CHECKING:
    from collections.abc import Callable


def sanitize(html: str, *, allow_remote_images: bool = False) -> str:
    """Return `html` as a fragment that is safe to show under the mail policy.

    Args:
        html: a document or fragment by anybody.
        allow_remote_images: keep http and https images; only when the person asked for them, since
            loading one tells its sender that and where the mail was read.
    """
    return clean(html, allow_remote_images=allow_remote_images, styles=policy.STYLES)


def clean(
    html: str,
    *,
    allow_remote_images: bool,
    styles: frozenset[str],
    link_rel: str | None = "noopener noreferrer",
) -> str:
    """Sanitise under the mail policy with another set of style properties (a subset of it)."""
    import nh3

    return nh3.clean(
        guard.prepare(html),
        tags=set(policy.TAGS),
        clean_content_tags=set(policy.DROPPED_WITH_CONTENT),
        attributes=policy.ATTRIBUTES,
        attribute_filter=_attribute_filter(styles, allow_remote_images=allow_remote_images),
        url_schemes=set(policy.SCHEMES),
        link_rel=link_rel,
    )


def _attribute_filter(
    styles: frozenset[str], *, allow_remote_images: bool
) -> Callable[[str, str, str], str | None]:
    """Return the judge of one attribute: its new value, or None to drop it."""
    known_styles: dict[str, str | None] = {}

    def judge(_tag: str, name: str, value: str) -> str | None:
        match name:
            case "style":
                if value not in known_styles:
                    known_styles[value] = policy.safe_style(value, styles) or None
                return known_styles[value]
            case "href":
                return policy.safe_link(value)
            case "src":
                return policy.safe_image(value, allow_remote=allow_remote_images)
            case _:
                return value

    return judge
