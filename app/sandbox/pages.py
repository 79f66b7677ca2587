"""The few pages a person sees: consent, device code, notices. Plain HTML, no script but form_post."""

from __future__ import annotations

from html import escape
from typing import Any

from app.sandbox.records import Account

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;background:#f3f4f6;color:#1f2937;margin:0}
main{max-width:26rem;margin:8vh auto;background:#fff;border-radius:12px;padding:2rem;
box-shadow:0 1px 3px rgba(0,0,0,.15)}
h1{font-size:1.25rem;margin:0 0 .25rem}p{margin:.25rem 0 1rem;color:#4b5563}
label{display:block;padding:.4rem 0}small{color:#6b7280}
input[type=text]{font:inherit;padding:.5rem;width:100%;box-sizing:border-box;letter-spacing:.1em}
fieldset{border:1px solid #e5e7eb;border-radius:8px;margin:0 0 1rem;padding:.5rem 1rem}
button{font:inherit;padding:.5rem 1.25rem;border-radius:8px;border:1px solid #d1d5db;background:#fff}
button.go{background:#1d4ed8;border-color:#1d4ed8;color:#fff}
"""

OVERVIEW_ROWS = 50

SCOPE_TEXTS = {
    "https://mail.google.com/": "Read, compose, send and delete all your Gmail",
    "https://www.googleapis.com/auth/gmail.compose": "Manage drafts and send emails",
    "https://www.googleapis.com/auth/gmail.send": "Send email on your behalf",
    "https://www.googleapis.com/auth/gmail.readonly": "View your email messages and settings",
    "https://www.googleapis.com/auth/gmail.metadata": "View your email message headers",
    "https://www.googleapis.com/auth/gmail.modify": "Read, compose and send your email",
    "https://www.googleapis.com/auth/userinfo.email": "See your email address",
    "https://www.googleapis.com/auth/userinfo.profile": "See your personal info",
    "openid": "Know who you are",
    "Mail.Send": "Send mail as you",
    "Mail.ReadWrite": "Read and write access to your mail",
    "Mail.Read": "Read your mail",
    "User.Read": "Sign you in and read your profile",
    "offline_access": "Maintain access to data you have given it access to",
}


def page(title: str, inner: str) -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
        f"<main><h1>{escape(title)}</h1>{inner}</main></html>"
    )


def notice(title: str, text: str) -> str:
    return page(title, f"<p>{escape(text)}</p>")


def consent(
    *,
    who: str,
    action: str,
    hidden: dict[str, str],
    accounts: list[Account],
    hint: str,
    scopes: list[tuple[str, bool]],
) -> str:
    """Return the consent page; a scope that may be unticked comes with True."""
    fields = "".join(
        f"<input type=hidden name='{escape(name)}' value='{escape(value)}'>"
        for name, value in hidden.items()
    )
    inner = (
        f"<p>Sandbox: this page stands in for {escape(who)}. No real account is touched.</p>"
        f"<form method=post action='{escape(action)}'>{fields}"
        f"<fieldset><legend>Account</legend>{_account_choice(accounts, hint)}</fieldset>"
        f"<fieldset><legend>Postrider wants to</legend>{_scope_choice(scopes)}</fieldset>"
        "<button class=go name=decision value=allow>Allow</button> "
        "<button name=decision value=deny>Deny</button></form>"
    )
    return page(f"Sign in to {who}", inner)


def _account_choice(accounts: list[Account], hint: str) -> str:
    known = {account.address for account in accounts}
    chosen = hint if hint in known else accounts[0].address
    return "".join(
        f"<label><input type=radio name=chosen_account value='{escape(a.address)}'"
        f"{' checked' if a.address == chosen else ''}> {escape(a.name)} "
        f"<small>{escape(a.address)}</small></label>"
        for a in accounts
    )


def _scope_choice(scopes: list[tuple[str, bool]]) -> str:
    rows = []
    for scope, optional in scopes:
        text = escape(SCOPE_TEXTS.get(scope, scope))
        box = (
            f"<input type=checkbox name=ticked value='{escape(scope)}' checked> "
            if optional
            else ""
        )
        rows.append(f"<label>{box}{text}</label>")
    return "".join(rows)


def device_login(accounts: list[Account], message: str = "") -> str:
    inner = (
        f"<p>{escape(message or 'Enter the code shown by the application.')}</p>"
        "<form method=post action='/microsoft/devicelogin'>"
        "<label>Code<input type=text name=user_code autocomplete=off autofocus></label>"
        f"<fieldset><legend>Account</legend>{_account_choice(accounts, '')}</fieldset>"
        "<button class=go name=decision value=allow>Allow</button> "
        "<button name=decision value=deny>Deny</button></form>"
    )
    return page("Sign in to Microsoft", inner)


def overview(accounts: list[Account], deliveries: list[dict[str, Any]]) -> str:
    """Return the front page: who may sign in, and what was sent so far, newest first."""
    people = "".join(
        f"<li>{escape(account.name)} <small>{escape(account.address)}</small></li>"
        for account in accounts
    )
    rows = "".join(
        f"<li><b>{escape(row['subject'] or '(no subject)')}</b><br><small>from "
        f"{escape(row['account'])} to {escape(', '.join(row['recipients']))}</small></li>"
        for row in reversed(deliveries[-OVERVIEW_ROWS:])
    )
    sent = f"<ul>{rows}</ul>" if rows else "<p>Nothing was sent yet.</p>"
    return page(
        "Postrider sandbox",
        "<p>Stands in for Gmail and Outlook on this computer. Nothing leaves it.</p>"
        f"<h1>Mailboxes</h1><ul>{people}</ul><h1>Sent</h1>{sent}"
        "<p><a href='/control'>Control</a></p>",
    )


def form_post(redirect_uri: str, values: dict[str, str]) -> str:
    """OAuth 2.0 Form Post Response Mode: the browser posts the answer by itself."""
    fields = "".join(
        f"<input type=hidden name='{escape(name)}' value='{escape(value)}'>"
        for name, value in values.items()
    )
    return (
        "<!doctype html><html><meta charset=utf-8><title>Working…</title>"
        "<body onload='document.forms[0].submit()'>"
        f"<form method=post action='{escape(redirect_uri)}'>{fields}"
        "<noscript><button>Continue</button></noscript></form></body></html>"
    )
