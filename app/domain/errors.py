"""Every expected failure, as one tree.

    AppError
      DraftRejected(problems)
      NotFound · MailboxAmbiguous
      KeyInvalid · KeyLacks
      NotConnected
      IdempotencyConflict
      QuotaExceeded(retry_after_s, scope)
      TooLate
      PortUnusable
      SignInError: SignInDenied · SignInExpired · SignInRequired · ScopesMissing · SignInFailed
      VaultUnavailable
      ProviderError: Unavailable · Throttled · Rejected · NeedsPerson · DraftGone · DeliveryUncertain
      AttachmentError: AttachmentMissing · AttachmentChanged · AttachmentTooLarge · AttachmentBlocked
      StoreError: StoreBusy · StoreFull · StoreDamaged · SchemaTooNew · ProfileInUse
    Cancelled                                 not an AppError: giving up is no error

Pure. `code` is stable and never shown; `params` feed the texts; `retryable` and `retry_after_s` feed
the back-off. Anything that is not an AppError is a bug.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.problem import Problem


class AppError(Exception):
    """An expected failure with a stable code and the values its sentence needs."""

    code: ClassVar[str] = "app_error"
    retryable: ClassVar[bool] = False

    def __init__(self, **params: object) -> None:
        super().__init__(self.code, params)
        self.params = params

    @property
    def retry_after_s(self) -> float | None:
        """Seconds the other side asked us to wait, if it said so."""
        value = self.params.get("retry_after_s")
        return float(value) if isinstance(value, (int, float)) else None

    def __str__(self) -> str:
        """Give code and parameters; the sentence for people is made by `domain.texts`."""
        inner = ", ".join(f"{key}={value!r}" for key, value in self.params.items())
        return f"{self.code}({inner})"


class DraftRejected(AppError):
    """The draft cannot be sent as it is; `problems` holds everything wrong with it at once."""

    code = "draft_rejected"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems=tuple(problems))
        self.problems = tuple(problems)


class NotFound(AppError):
    """Nothing has that id. Params: kind, uid."""

    code = "not_found"


class MailboxAmbiguous(AppError):
    """The address is connected more than once. Params: address, providers."""

    code = "mailbox_ambiguous"


class KeyInvalid(AppError):
    """An API key is unknown, revoked or expired."""

    code = "key_invalid"


class KeyLacks(AppError):
    """An API key lacks a permission. Params: permission."""

    code = "key_lacks"


class NotConnected(AppError):
    """No connected account may do it. Params: address (may be empty), detail (read, gone or none: to send)."""

    code = "not_connected"


class IdempotencyConflict(AppError):
    """The key was used for another message. Params: key."""

    code = "idempotency_conflict"


class QuotaExceeded(AppError):
    """One of our own caps is reached. Params: retry_after_s, scope."""

    code = "quota_exceeded"
    retryable = True


class TooLate(AppError):
    """The message is past the point where that can be done. Params: state."""

    code = "too_late"


class PortUnusable(AppError):
    """The local API cannot listen there. Params: port, reason (taken, forbidden, wrong)."""

    code = "port_unusable"


class SignInError(AppError):
    """Signing in did not work."""

    code = "sign_in_error"


class SignInDenied(SignInError):
    """The person or an administrator said no. Params: provider."""

    code = "sign_in_denied"


class SignInExpired(SignInError):
    """The page or the code was not used in time. Params: provider."""

    code = "sign_in_expired"


class SignInRequired(SignInError):
    """The session ended; the person must sign in again. Params: provider, address."""

    code = "sign_in_required"


class ScopesMissing(SignInError):
    """Permissions without which nothing works were not given. Params: provider, scopes."""

    code = "scopes_missing"


class SignInFailed(SignInError):
    """The provider refused the sign-in for another reason. Params: provider, detail."""

    code = "sign_in_failed"


class VaultUnavailable(AppError):
    """Secrets can be neither read nor kept. Params: reason."""

    code = "vault_unavailable"


class ProviderError(AppError):
    """The provider did not do what was asked. Params: provider, status, detail, request_id."""

    code = "provider_error"


class Unavailable(ProviderError):
    """Certainly not accepted: no connection, or refused for the moment. Try again."""

    code = "unavailable"
    retryable = True


class Throttled(ProviderError):
    """Certainly not accepted: too many requests. Params: retry_after_s."""

    code = "throttled"
    retryable = True


class Rejected(ProviderError):
    """Refused for good; sending the same again is pointless. Params: field, detail."""

    code = "rejected"


class NeedsPerson(ProviderError):
    """Not accepted, and only a person can lift it. Params: reason (a Reason), detail."""

    code = "needs_person"


class DraftGone(ProviderError):
    """The provider's draft that was to be sent is not there (any more)."""

    code = "draft_gone"


class DeliveryUncertain(ProviderError):
    """The final request may have reached the provider and no definite answer came."""

    code = "delivery_uncertain"


class AttachmentError(AppError):
    """A file cannot be attached or is no longer what it was. Params: filename."""

    code = "attachment_error"


class AttachmentMissing(AttachmentError):
    """The file is not there or cannot be read. Params: filename, detail."""

    code = "attachment_missing"


class AttachmentChanged(AttachmentError):
    """The kept copy is not the one that was attached. Params: filename."""

    code = "attachment_changed"


class AttachmentTooLarge(AttachmentError):
    """The file does not fit. Params: filename, size_bytes, limit_bytes."""

    code = "attachment_too_large"


class AttachmentBlocked(AttachmentError):
    """The file's type is refused by the provider. Params: filename."""

    code = "attachment_blocked"


class StoreError(AppError):
    """The profile's own files cannot be read or written. Params: path, detail."""

    code = "store_error"


class StoreBusy(StoreError):
    """Another process holds the database for too long."""

    code = "store_busy"
    retryable = True


class StoreFull(StoreError):
    """The disk is full; nothing was accepted that is not on it."""

    code = "store_full"


class StoreDamaged(StoreError):
    """The database or a blob fails its check."""

    code = "store_damaged"


class SchemaTooNew(StoreError):
    """The profile was written by a newer Postrider. Params: found, known."""

    code = "schema_too_new"


class ProfileInUse(StoreError):
    """Another process owns what may be owned once. Params: pid."""

    code = "profile_in_use"


class Cancelled(Exception):
    """The person or the shutdown asked to stop."""
