"""Google's installed-application sign-in: loopback or pasted URL, PKCE, refresh and revocation.

Google's device flow cannot ask for Gmail scopes (developers.google.com/identity/protocols/oauth2/
limited-input-device), so there is none here. Runs on a worker thread. Foreign errors end here.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from app.auth.ca_bundle import share_ca_bundle
from app.auth.endpoints import all_loopback
from app.auth.quiet import quiet_libraries
from app.auth.receiver import Receiver
from app.auth.records import GoogleTokens
from app.auth.scopes import check_can_send, google_scopes
from app.domain.account import ProviderKind
from app.domain.errors import (
    SignInDenied,
    SignInError,
    SignInExpired,
    SignInFailed,
    SignInRequired,
    Unavailable,
)
from app.ports import Clock, SignedIn, SignInFlow, SignInPrompt

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.runtime.cancel import CancelToken
    from app.settings import Endpoints

log = logging.getLogger("auth")
_GMAIL = ProviderKind.GMAIL
_HTTP_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSignIn:
    """One sign-in in a browser: what the person is shown, and how it may be given up."""

    show: Callable[[SignInPrompt], None]
    cancel: CancelToken
    login_hint: str = ""
    ask_redirect: Callable[[], str] | None = None
    timeout_s: float = 900.0


class GoogleSignIn:
    """Google's flows against the endpoints of the settings."""

    def __init__(self, *, endpoints: Endpoints, clock: Clock) -> None:
        self._endpoints = endpoints
        self._clock = clock

    def sign_in(self, attempt: BrowserSignIn) -> tuple[SignedIn, GoogleTokens]:
        """Send the person to Google's page and exchange the code that comes back.

        Raises:
            SignInDenied, SignInExpired, SignInFailed, ScopesMissing, Unavailable, Cancelled.
        """
        self._prepare()
        flow = self._flow()
        with Receiver(company=_GMAIL.company) as receiver:
            # Google ignores the port of a loopback redirect and accepts any path.
            flow.redirect_uri = f"http://127.0.0.1:{receiver.port}/"
            answer = self._ask_browser(flow, receiver, attempt)
        _check_answer(answer)
        attempt.cancel.check()
        token = self._exchange(flow, answer["code"])
        attempt.cancel.check()
        return self._finish(token)

    def refresh(self, tokens: GoogleTokens) -> GoogleTokens:
        """Get a new access token.

        Raises:
            SignInRequired: Google says the grant is over.
            Unavailable: Google cannot be asked now.
        """
        self._prepare()
        from google.auth.exceptions import GoogleAuthError, RefreshError
        from google.oauth2.credentials import Credentials

        credentials = Credentials(  # type: ignore[no-untyped-call]
            token=None,
            refresh_token=tokens.refresh_token,
            token_uri=self._endpoints.google_token_url,
            client_id=self._endpoints.google_client_id,
            client_secret=self._endpoints.google_client_secret,
        )
        try:
            credentials.refresh(_transport())  # type: ignore[no-untyped-call]
        except RefreshError as error:
            if error.retryable or not _is_final_refusal(error):
                raise Unavailable(provider="gmail", detail="token refresh refused") from None
            raise SignInRequired(provider="gmail") from None
        except GoogleAuthError:
            # The library's texts hold URLs and bodies, so they do not become the cause.
            raise Unavailable(
                provider="gmail", detail="no connection to the token endpoint"
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            # An answer that is no OAuth answer (a proxy's page) breaks the library's reading of it.
            raise Unavailable(provider="gmail", detail="unreadable token answer") from None
        return GoogleTokens(
            refresh_token=credentials.refresh_token or tokens.refresh_token,
            access_token=str(credentials.token),
            expires_at=_aware(credentials.expiry, self._clock.now()),
            scopes=tokens.scopes,
        )

    def revoke(self, tokens: GoogleTokens) -> None:
        """End the grant at Google; a grant that has ended already is fine. Raises Unavailable."""
        import httpx

        quiet_libraries()
        try:
            answer = httpx.post(
                self._endpoints.google_revoke_url,
                data={"token": tokens.refresh_token or tokens.access_token},
                timeout=_HTTP_TIMEOUT_S,
            )
        except httpx.HTTPError:
            raise Unavailable(provider="gmail", detail="revocation not reached") from None
        if answer.status_code >= 500:
            raise Unavailable(provider="gmail", status=answer.status_code)

    def _prepare(self) -> None:
        quiet_libraries()
        share_ca_bundle()
        # An unticked scope is no error: what was granted is looked at afterwards.
        os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"
        if all_loopback(self._endpoints):
            os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

    def _flow(self) -> Any:
        from google_auth_oauthlib.flow import Flow

        if not self._endpoints.google_client_id:
            raise SignInFailed(provider="gmail", detail="no client id is set (google.client_id)")
        config = {
            "installed": {
                "client_id": self._endpoints.google_client_id,
                # The key must exist; Google does not treat it as a secret for desktop programs.
                "client_secret": self._endpoints.google_client_secret,
                "auth_uri": self._endpoints.google_auth_url,
                "token_uri": self._endpoints.google_token_url,
            }
        }
        return Flow.from_client_config(
            config,
            scopes=list(google_scopes(self._endpoints.google_access)),
            autogenerate_code_verifier=True,
        )

    def _ask_browser(self, flow: Any, receiver: Receiver, attempt: BrowserSignIn) -> dict[str, str]:
        hint = {"login_hint": attempt.login_hint} if attempt.login_hint else {}
        if self._endpoints.google_access != "send":
            # What was granted before stays granted (docs: incremental authorization).
            hint["include_granted_scopes"] = "true"
        # Only with prompt=consent does Google give a refresh token every time.
        url, state = flow.authorization_url(access_type="offline", prompt="consent", **hint)
        receiver.expect(state)
        pasting = attempt.ask_redirect is not None
        way = SignInFlow.PASTE if pasting else SignInFlow.LOOPBACK
        attempt.show(SignInPrompt(provider=_GMAIL, flow=way, url=url))
        if attempt.ask_redirect is None:
            return receiver.wait(cancel=attempt.cancel, timeout_s=attempt.timeout_s)
        pasted = attempt.ask_redirect()
        attempt.cancel.check()
        return read_pasted(pasted, state)

    def _exchange(self, flow: Any, code: str) -> dict[str, Any]:
        import requests
        from oauthlib.oauth2 import OAuth2Error

        statuses: list[int] = []

        def note(answer: Any) -> Any:
            statuses.append(answer.status_code)
            return answer

        # The library's errors carry a status of their own making.
        flow.oauth2session.register_compliance_hook("access_token_response", note)
        try:
            token = flow.fetch_token(code=code, include_client_id=True, timeout=_HTTP_TIMEOUT_S)
        except requests.RequestException:
            raise Unavailable(
                provider="gmail", detail="no connection to the token endpoint"
            ) from None
        except OAuth2Error as error:
            raise _exchange_error(str(error.error or ""), (statuses or [0])[-1]) from None
        except ValueError:
            raise Unavailable(provider="gmail", detail="unreadable token answer") from None
        return dict(token)

    def _finish(self, token: dict[str, Any]) -> tuple[SignedIn, GoogleTokens]:
        granted = token.get("scope") or ""
        scopes = tuple(granted.split() if isinstance(granted, str) else granted)
        tokens = GoogleTokens(
            refresh_token=str(token.get("refresh_token") or ""),
            access_token=str(token.get("access_token") or ""),
            expires_at=self._clock.now() + timedelta(seconds=float(token.get("expires_in") or 0)),
            scopes=scopes,
        )
        # What was given is not revoked if it does not do: at Google that would end every grant
        # this person gave to Postrider, also that of an account which works.
        capabilities = check_can_send(_GMAIL, scopes)
        if not tokens.refresh_token:
            raise SignInFailed(provider="gmail", detail="no lasting permission was given")
        identity = self._identity(tokens.access_token)
        signed_in = SignedIn(
            provider=_GMAIL,
            address=identity["email"],
            display_name=identity.get("name", ""),
            scopes=scopes,
            capabilities=capabilities,
            ends_at=self._end_of(token),
        )
        return signed_in, tokens

    def _end_of(self, token: dict[str, Any]) -> datetime | None:
        """Read when the refresh token ends; only some do: those of a client in Testing [many]."""
        try:
            left_s = float(token.get("refresh_token_expires_in") or 0)
        except (TypeError, ValueError):
            return None
        return self._clock.now() + timedelta(seconds=left_s) if left_s > 0 else None

    def _identity(self, access_token: str) -> dict[str, str]:
        import httpx

        try:
            answer = httpx.get(
                self._endpoints.google_userinfo_url,
                headers={"Authorization": f"Bearer {access_token}"},
                timeout=_HTTP_TIMEOUT_S,
            )
            found = answer.raise_for_status().json()
        except httpx.HTTPError:
            raise Unavailable(provider="gmail", detail="userinfo not reached") from None
        except ValueError:
            raise SignInFailed(provider="gmail", detail="unreadable userinfo") from None
        if not isinstance(found, dict) or "@" not in str(found.get("email", "")):
            raise SignInFailed(provider="gmail", detail="userinfo names no address")
        return {name: str(value) for name, value in found.items()}


def read_pasted(text: str, state: str) -> dict[str, str]:
    """Read the redirected URL that a person copied from the browser's address bar.

    Raises:
        SignInFailed: it is not the URL of this sign-in.
    """
    query = urlsplit(text.strip()).query
    values = {name: found[0] for name, found in parse_qs(query, max_num_fields=50).items()}
    if values.get("state") != state or not ("code" in values or "error" in values):
        raise SignInFailed(provider="gmail", detail="the pasted URL is not from this sign-in")
    return values


def _check_answer(answer: dict[str, str]) -> None:
    error = answer.get("error", "")
    if error in {"access_denied", "consent_required", "interaction_required"}:
        raise SignInDenied(provider="gmail")
    if error:
        raise SignInFailed(provider="gmail", detail=error[:80])


def _exchange_error(code: str, status: int) -> SignInError | Unavailable:
    if status >= 500 or status == 429:
        return Unavailable(provider="gmail", status=status)
    if code == "invalid_grant":
        # The code is good for a few minutes only.
        return SignInExpired(provider="gmail")
    return SignInFailed(provider="gmail", detail=code[:80], status=status)


def _is_final_refusal(error: Any) -> bool:
    """Only OAuth's own refusals end a session; a proxy's page or odd status does not."""
    answer = error.args[1] if len(error.args) > 1 else None
    if not isinstance(answer, dict):
        return False
    return str(answer.get("error")) in {
        "invalid_grant",
        "invalid_client",
        "unauthorized_client",
        "deleted_client",
        "invalid_scope",
    }


def _transport() -> Callable[..., Any]:
    from google.auth.transport.requests import Request

    request = Request()

    def send(*args: Any, **kwargs: Any) -> Any:
        kwargs["timeout"] = _HTTP_TIMEOUT_S
        return request(*args, **kwargs)

    return send


def _aware(expiry: datetime | None, now: datetime) -> datetime:
    """google-auth keeps naive UTC."""
    return now if expiry is None else expiry.replace(tzinfo=UTC)
