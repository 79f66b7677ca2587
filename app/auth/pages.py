"""The small pages the browser shows after the provider's page. Honest, self-contained, no scripts."""

from __future__ import annotations

from html import escape

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f8;color:#1a1d26;"
    "display:grid;place-items:center;min-height:100vh}"
    "main{background:#fff;border:1px solid #e2e5ec;border-radius:10px;padding:32px 40px;"
    "max-width:32em}h1{font-size:20px;margin:0 0 8px}p{margin:0}"
    "@media(prefers-color-scheme:dark){body{background:#15171c;color:#e8eaf0}"
    "main{background:#1c1f26;border-color:#2f3440}}"
)


def _page(title: str, text: str) -> bytes:
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Postrider</title>"
        f"<style>{_STYLE}</style><main><h1>{escape(title)}</h1><p>{escape(text)}</p></main></html>"
    ).encode()


def granted_page(company: str) -> bytes:
    """Say that the provider agreed; what follows happens in Postrider."""
    return _page(
        f"{company} has answered",
        "Postrider now finishes connecting the account. You can close this page and go back to it.",
    )


def denied_page(company: str) -> bytes:
    """Say that nothing was connected."""
    return _page(
        "Nothing was connected",
        f"{company} reports that permission was not given. Close this page; Postrider shows how to "
        "try again.",
    )


def unknown_page() -> bytes:
    """Say that this address belongs to no sign-in that is waiting."""
    return _page(
        "No sign-in is waiting for this page",
        "It may belong to an earlier attempt. Go back to Postrider and start the sign-in again.",
    )
