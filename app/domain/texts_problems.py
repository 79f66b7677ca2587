"""What is wrong with a draft, as sentences. Pure.

`PROBLEM_TEXTS` is keyed by Problem.code; an address problem may be sharpened by its `reason`
(the codes of `address_check.check_address` and of the parser).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.texts_values import fill, fill_sentence, plural, size_text

if TYPE_CHECKING:
    from app.domain.problem import Problem

PROBLEM_TEXTS: dict[str, str] = {
    "no_mailbox": "No account is chosen. Choose one under From.",
    "no_recipients": "Nobody is named. Fill in To, Cc or Bcc.",
    "bad_address": "{address} is not an address mail can go to. Correct it or remove it.",
    "unreadable_address": "“{text}” cannot be read as an address. Correct it or remove it.",
    "unsafe_header": "The {field} holds characters that mail headers must not hold."
    " Type it again without line breaks.",
    "subject_too_long": "The subject is too long. Shorten it.",
    "long_subject": "The subject is long; many people will see only its beginning.",
    "unresolved_field": "The field “{field_name}” has no value here. Link the contact or deal that has"
    " one, give it a word of its own behind a bar, or type the text instead.",
    "near_duplicate": "You sent exactly this to the same people within the last ten minutes."
    " Send it again only if that is meant.",
    "unknown_thread": "{name} is not a conversation of this profile. Look up its id again.",
    "unknown_message": "{name} is not a message of this profile. Look up its id again.",
    "no_answer": "{name} cannot be replied to: {detail}.",
    "bad_draft": "The draft cannot be taken: {detail}. Correct the file.",
    "bad_time": "“{text}” is not a moment. Write 2026-07-14T09:30, or +10m, +2h, +1d.",
    "past_time": "“{text}” has passed. Name a moment to come, or leave it out to send at once.",
    "unreadable_file": "“{text}” cannot be read: {detail}. Check the name.",
    "no_subject": "There is no subject.",
    "empty_body": "The message has no text.",
    "attachments_too_large": "The files have {size} together; {provider} takes at most {limit}."
    " Remove some, or send a link.",
    "missing_attachment": "The text speaks of an attachment (“{word}”), but no file is attached.",
    "blocked_type": "{provider} does not carry files like {filename}. Remove it and send a link.",
    "files_coming": "Files of the forwarded message are still to be fetched, {filename} among them."
    " Open the draft and wait until they are there, or take them out.",
    "inline_missing": "A picture in the text has lost its file. Insert it again.",
}

_ADDRESS_REASONS: dict[str, str] = {
    "no_at": "{address} has no @. Complete the address.",
    "no_local": "{address} has nothing before the @. Complete the address.",
    "no_domain": "{address} has nothing after the @. Complete the address.",
    "no_dot": "{address} has no dot after the @, so mail cannot find it. Complete the address.",
    "too_long": "{address} is longer than an address may be. Check it.",
    "dots": "{address} has a dot or hyphen in the wrong place. Check it.",
    "local_characters": "{address} has a character before the @ that no address may have. Check it.",
    "domain_characters": "The part of {address} after the @ cannot be a domain. Check it.",
    "literal": "{address} names a computer by its number. Use the address with a domain name.",
    "hidden_characters": "{address} holds hidden characters. Delete it and type it again.",
}
_FOREIGN = (
    "“{field_name}” is no field of Postrider, or stands where no value may be put. Replace it, or put"
    " a backslash before its braces to send them as they are."
)
_FIELDS = {
    "to": "To",
    "cc": "Cc",
    "bcc": "Bcc",
    "reply_to": "Reply-To",
    "subject": "subject",
    "body": "text",
    "from": "From",
    "mailbox": "From",
    "mailbox_uid": "From",
    "attachments": "file names",
}
_DEFAULTS = {
    "provider": "this account",
    "address": "an address",
    "filename": "a file",
    "word": "attached",
    "field_name": "contact.name",
    "name": "The id",
    "detail": "something in it is wrong",
    "size": "too much",
    "limit": "a set number",
}
_SIZES = {"size_bytes": "size", "limit_bytes": "limit", "total_bytes": "size"}


def problem_sentence(problem: Problem) -> str:
    """Give the sentence of a problem."""
    template = PROBLEM_TEXTS.get(problem.code, "Something is wrong with the {field}. Check it.")
    if problem.code in {"bad_address", "unreadable_address"}:
        template = _ADDRESS_REASONS.get(problem.params.get("reason", ""), template)
    if problem.code == "unresolved_field" and problem.params.get("reason") == "foreign":
        template = _FOREIGN
    defaults = {**_DEFAULTS, "address": problem.params.get("text") or _DEFAULTS["address"]}
    return fill_sentence(template, _values(problem), defaults)


def address_reason_sentence(reason: str, address: str) -> str:
    """Say why an address may not be written to, by the code of `check_address`."""
    template = _ADDRESS_REASONS.get(reason, PROBLEM_TEXTS["bad_address"])
    return fill(template, {"address": address})


def problems_title(problems: tuple[Problem, ...]) -> str:
    """Give a heading for a list of problems."""
    stopping = sum(problem.is_error for problem in problems)
    if stopping:
        return f"{plural(stopping, 'thing')} to correct before this can be sent"
    return f"{plural(len(problems), 'thing')} to look at before sending"


def _values(problem: Problem) -> dict[str, object]:
    field = problem.field.partition(".")[0]
    values: dict[str, object] = {**problem.params, "field": _FIELDS.get(field, problem.field)}
    for source, target in _SIZES.items():
        if problem.params.get(source, "").isdigit():
            values[target] = size_text(int(problem.params[source]))
    return values
