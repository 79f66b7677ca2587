"""Every expected failure as a sentence: what is, then what to do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.account import ProviderKind
from app.domain.errors import DraftRejected
from app.domain.texts_problems import problem_sentence
from app.domain.texts_provider import provider_words
from app.domain.texts_values import fill, size_text, span_text

if TYPE_CHECKING:
    from app.domain.errors import AppError

# {provider}, {company}, {wait}, {size}, {limit} and {detail} are made here; other names are params.
ERROR_TEXTS: dict[str, str] = {
    "app_error": "That did not work. Try again.",
    "draft_rejected": "The message cannot be sent as it is. Look at what is marked.",
    "not_found": "This {kind} is no longer there. It may have been removed in another window.",
    "mailbox_ambiguous": "{address} is connected at more than one provider."
    " Say which one to send from.",
    "key_invalid": "The API key is unknown, revoked or expired. Make a new one.",
    "key_lacks": "The API key may not do that ({permission}). Use one that may.",
    "not_connected": "No connected account may send from {address}. Add the account, or choose"
    " another under From.",
    "idempotency_conflict": "The key {key} was used for another message."
    " Nothing was sent; use a new key.",
    "quota_exceeded": "Your own sending limit is reached: {usage}. The next message can go out {wait}.",
    "too_late": "That can no longer be done: the message has moved on. Its row in the Mailroom"
    " shows where it is.",
    "port_unusable": "The local API cannot use port {port}. Choose another port, or any free one.",
    "sign_in_error": "Signing in did not work. Try again.",
    "sign_in_denied": "{company} was told not to give Postrider access. Try again and choose"
    " Allow; if your organization forbids it, ask its administrator.",
    "sign_in_expired": "The sign-in page or code was not used in time. Try again.",
    "sign_in_required": "{company} ended the session of {address}. Sign in again; waiting mail goes"
    " out by itself afterwards.",
    "scopes_missing": "{company} did not give Postrider the permission to {scopes}. Try again"
    " and leave every box ticked.",
    "sign_in_failed": "{company} refused the sign-in: {detail}. Try again.",
    "vault_unavailable": "The place where sign-ins are kept cannot be used. Unlock your system's"
    " keyring and try again.",
    "provider_error": "{provider} did not do what was asked: {detail}. Try again later.",
    "unavailable": "{provider} cannot be reached. Check the connection and try again.",
    "throttled": "{provider} asks to wait. Try again {wait}.",
    "rejected": "{provider} refused it: {detail}. Change the message and send it again.",
    "needs_person": "{provider} does not let this account send: {detail}."
    " Look at the account there, then try again.",
    "draft_gone": "{provider} no longer has the draft. Postrider makes another one.",
    "delivery_uncertain": "{provider}’s answer was lost, so it is not certain that the message was"
    " sent. Postrider asks {provider} before anything is sent again.",
    "attachment_error": "{filename} cannot be attached. Choose the file again.",
    "attachment_missing": "{filename} cannot be read. Check that it is there, then attach it again.",
    "attachment_changed": "The kept copy of {filename} is damaged. Remove the file and attach it"
    " again.",
    "attachment_too_large": "{filename} has {size}; at most {limit} can be attached."
    " Send a link to it instead.",
    "attachment_blocked": "{provider} does not carry files like {filename}."
    " Send a link to it, or pack it in another form.",
    "store_error": "Postrider’s own files cannot be read or written ({detail}). Check the disk and"
    " the folder {path}.",
    "store_busy": "Another Postrider is writing to the same profile. Try again in a moment.",
    "store_full": "The disk is full, so nothing was accepted. Make room, then try again.",
    "store_damaged": "Postrider’s database is damaged. Close Postrider and run"
    " “postrider doctor --repair”: it saves what can be read and keeps the damaged file.",
    "schema_too_new": "This profile was written by a newer Postrider. Update Postrider to open it.",
    "profile_in_use": "Another program uses this profile (process {pid}). Close it, then try again.",
    "setting_error": "The setting {name} cannot be read ({origin}: {detail}). Correct it, then"
    " start again.",
}

# Where it is about reading mail, not about sending it.
_NOT_READ = {
    "read": "Postrider may not read the mail of {address}. Allow reading under Accounts.",
    "gone": "The account of the original is not connected any more. Add it again under Accounts.",
}
_MISSING_FILE: dict[str, str] = {
    "missing": "{filename} is not there any more. Find it, then attach it again.",
    "folder": "{filename} is a folder. Pack it into one file, then attach that.",
    "special": "{filename} is not an ordinary file. Attach a copy of its content.",
    "empty": "{filename} is empty. Check that it was saved, then attach it again.",
    "unreadable": "{filename} may not be read by you. Check its permissions, then attach it again.",
}

_VAULT: dict[str, str] = {
    "no_keyring": "This system has no keyring for the key to your sign-ins. Install one, or set"
    " vault.mode to “passphrase” or “session” (README, Tokens and the keyring).",
    "plaintext_keyring": "The keyring found here keeps passwords readable, so it is not used. Install"
    " another, or set vault.mode to “passphrase” or “session” (README, Tokens and the keyring).",
    "keyring_failed": "Your system’s keyring did not answer. Unlock or restart it and try again.",
    "file_key_not_sandbox": "A key kept in a file is for the sandbox only. Set vault.mode to “auto”.",
    "keyring_locked": "Your system’s keyring is locked. Unlock it and try again.",
    "keyring_forgets": "Your system’s keyring does not keep what it is given. Install a lasting one,"
    " or set vault.mode to “passphrase” (README, Tokens and the keyring).",
    "no_passphrase": "The passphrase of the kept sign-ins is not known."
    " Start again and give it (README, Tokens and the keyring).",
    "wrong_passphrase": "The passphrase does not open the kept sign-ins. Start again with the"
    " right one.",
    "key_lost": "The key to the kept sign-ins is gone from the keyring. Sign in again with each"
    " account; drafts and waiting mail are still there.",
    "other_key_kind": "The kept sign-ins were sealed another way. Set vault.mode back, or sign in"
    " again with each account.",
    "damaged": "The file of kept sign-ins is damaged. Sign in again with each account; drafts and"
    " waiting mail are still there.",
    "busy": "Another Postrider is using the kept sign-ins. Try again in a moment.",
    "unreadable": "The file of kept sign-ins cannot be read. Check its permissions and try again.",
    "unwritable": "The file of kept sign-ins cannot be written. Check the disk and try again.",
}

_PORT: dict[str, str] = {
    "taken": "Port {port} is used by another program. Choose another port, or any free one.",
    "forbidden": "Your system keeps port {port} for itself. Choose one from 1024 on, or any free one.",
    "wrong": "There is no port {port}. Choose one from 1024 to 65535, or any free one.",
}
_NO_CLIENT = (
    "Postrider is not registered at {company} yet, so nobody can sign in there. Set the client id:"
    " README, section “{section}”, takes you through it."
)
_OTHER_ACCOUNT = (
    "You signed in at {company} as somebody else. Try again and choose the account you started"
    " from, or add the other one as a new account."
)
_SECTIONS = {
    ProviderKind.GMAIL: "Connect a Gmail account",
    ProviderKind.MICROSOFT: "Connect an Outlook or Microsoft 365 account",
}
_SOMEBODY = "The mail service"
_SCOPES: tuple[tuple[str, str], ...] = (
    ("gmail.compose", "write drafts and send mail"),
    ("gmail.send", "send mail"),
    ("gmail.readonly", "read your mail"),
    ("mail.readwrite", "write drafts"),
    ("mail.send", "send mail"),
    ("user.read", "see who you are"),
    ("offline_access", "stay signed in"),
    ("email", "see your address"),
    ("openid", "see who you are"),
)


def error_sentence(error: AppError) -> str:
    """Give the sentence of an error."""
    if isinstance(error, DraftRejected):
        stopping = [problem for problem in error.problems if problem.is_error]
        if stopping:
            return " ".join(problem_sentence(problem) for problem in stopping)
    return fill(_template(error), _values(error))


def not_registered_sentence(provider: ProviderKind) -> str:
    """Say that no client id is set for a provider, and where the way is described."""
    return fill(_NO_CLIENT, {"company": provider.company, "section": _SECTIONS[provider]})


def is_not_registered(error: AppError) -> bool:
    """Say whether a sign-in failed because no client id is set."""
    return error.code == "sign_in_failed" and "client id" in str(error.params.get("detail", ""))


def scope_text(scope: str) -> str:
    """Give a permission in words: what it lets Postrider do."""
    name = scope.rsplit("/", 1)[-1].casefold()
    return next((words for part, words in _SCOPES if name == part), f"use “{name}”")


def _template(error: AppError) -> str:
    detail = str(error.params.get("detail", ""))
    provider = _provider(error)
    match error.code:
        case "attachment_missing":
            return _MISSING_FILE.get(detail, ERROR_TEXTS[error.code])
        case "port_unusable":
            return _PORT.get(str(error.params.get("reason", "")), ERROR_TEXTS[error.code])
        case "vault_unavailable":
            reason = str(error.params.get("reason", ""))
            return _VAULT.get(reason, ERROR_TEXTS[error.code])
        case "sign_in_failed" if detail == "other_account":
            return _OTHER_ACCOUNT
        case "sign_in_failed" if provider is not None and is_not_registered(error):
            return not_registered_sentence(provider)
        case "not_connected" if detail in _NOT_READ:
            return _NOT_READ[detail]
        case "not_connected" if not error.params.get("address"):
            return "No account is connected yet. Add one under Accounts."
    return ERROR_TEXTS.get(error.code, ERROR_TEXTS["app_error"])


def _values(error: AppError) -> dict[str, object]:
    provider = _provider(error)
    params = error.params
    wait_s = error.retry_after_s
    carrier, company = (provider.label, provider.company) if provider else (_SOMEBODY, _SOMEBODY)
    return {
        **params,
        "kind": params.get("kind") or "item",
        "address": params.get("address") or "Your account",
        "filename": params.get("filename") or "The file",
        "provider": carrier,
        "company": company,
        "detail": provider_words(params.get("detail") or "it gave no reason"),
        "scopes": _scope_words(params.get("scopes")),
        "wait": f"in {span_text(wait_s)}" if wait_s is not None else "later",
        "size": _size(params.get("size_bytes"), "too many bytes"),
        "limit": _size(params.get("limit_bytes"), "fewer"),
    }


def _scope_words(scopes: object) -> str:
    names = scopes if isinstance(scopes, (tuple, list)) else ()
    words = dict.fromkeys(scope_text(str(scope)) for scope in names)
    return " and ".join(words) or "send mail"


def _provider(error: AppError) -> ProviderKind | None:
    try:
        return ProviderKind.parse(str(error.params.get("provider", "")))
    except ValueError:
        return None


def _size(value: object, unknown: str) -> str:
    return size_text(value) if isinstance(value, int) else unknown
