"""What providers say when they refuse, in words a person understands. Pure.

The record keeps the provider's own words as evidence; here they are only shown otherwise. What is
not known is shown as it came.
"""

from __future__ import annotations

from app.domain.texts_values import sentence_part

# Microsoft's codes stand before the colon (learn.microsoft.com/graph/errors and Exchange's own).
_CODES: dict[str, str] = {
    "ErrorSendAsDenied": "this account may not send from that address",
    "ErrorAccessDenied": "its administrator does not allow access to this mailbox",
    "Authorization_RequestDenied": "its administrator does not allow this program",
    "MailboxNotEnabledForRESTAPI": "programs cannot use this mailbox: it is not at Exchange Online,"
    " or has no licence",
    "MailboxNotSupportedForRESTAPI": "programs cannot use this kind of mailbox",
    "MailboxNotHostedInExchangeOnline": "this mailbox is not at Exchange Online",
    "ErrorItemNotFound": "the message it belongs to is no longer there",
    "ErrorInvalidRecipients": "an address in To, Cc or Bcc is not valid",
    "ErrorMessageSizeExceeded": "it is larger than the mailbox allows",
    "ErrorAttachmentSizeLimitExceeded": "a file is larger than the mailbox allows",
    "ErrorMessageSubmissionBlocked": "Microsoft has blocked sending from this account",
    "ErrorQuotaExceeded": "the mailbox is full",
    "ErrorSubmissionQuotaExceeded": "it has too many recipients for this account",
    "ErrorAccountSuspend": "Microsoft has suspended this account until its owner confirms it",
    "ErrorAccountSuspendShowTierUpgrade": "Microsoft has suspended this account until its owner"
    " confirms it",
}
_LIMIT_CODES = "ErrorExceeded"
_LIMIT = "its sending limit is reached"
# Google has reasons for programs and sentences for people who write programs.
_SENTENCES: tuple[tuple[str, str], ...] = (
    ("invalid to header", "an address in To is not valid"),
    ("invalid cc header", "an address in Cc is not valid"),
    ("invalid bcc header", "an address in Bcc is not valid"),
    ("invalid from header", "the address it comes from is not valid"),
    ("recipient address required", "nobody is named in To, Cc or Bcc"),
    ("insufficient authentication scopes", "the permission for it was not given at sign-in"),
    ("insufficient permission", "the permission for it was not given at sign-in"),
    ("daily limit exceeded", "its limit for a day is reached"),
    ("daily user sending", "its sending limit for a day is reached"),
    ("request too large", "it is larger than Gmail takes"),
    ("entity too large", "it is larger than Gmail takes"),
    ("base64 decoding failed", "it was damaged on its way"),
)


def provider_words(detail: object) -> str:
    """Give a refusal as part of a sentence."""
    text = str(detail)
    code = text.partition(":")[0].strip()
    if code in _CODES:
        return _CODES[code]
    if code.startswith(_LIMIT_CODES):
        return _LIMIT
    lowered = text.casefold()
    found = next((words for sign, words in _SENTENCES if sign in lowered), "")
    return found or sentence_part(text)
