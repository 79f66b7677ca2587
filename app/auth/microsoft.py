"""Microsoft's sign-in by MSAL: loopback with PKCE, device code, silent refresh.

MSAL's constructor asks the network, so it is built on the worker that needs it. Its token cache is
handed back after every acquisition: refresh tokens rotate. Foreign errors end here.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.auth.endpoints import is_loopback
from app.auth.msal_http import MsalHttp
from app.auth.receiver import Receiver
from app.auth.records import MicrosoftTokens
from app.auth.scopes import MICROSOFT_SCOPES, check_can_send
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
    from app.auth.google import BrowserSignIn
    from app.settings import Endpoints

log = logging.getLogger("auth")
_MICROSOFT = ProviderKind.MICROSOFT
_RESERVED = frozenset({"openid", "profile", "email", "offline_access"})
# RFC 8628 §3.5: slow_down adds five seconds to the interval.
_SLOW_DOWN_S = 5.0
_DEFAULT_INTERVAL_S = 5.0
_LEAST_INTERVAL_S = 0.2


@dataclass(frozen=True, slots=True)
class FreshToken:
    """An access token, when it ends, and what the vault must hold now."""

    access_token: str
    expires_at: datetime
    tokens: MicrosoftTokens

    def __repr__(self) -> str:
        return "FreshToken(…)"


class MicrosoftSignIn:
    """Microsoft's flows against the authority of the settings."""

    def __init__(self, *, endpoints: Endpoints, clock: Clock) -> None:
        self._endpoints = endpoints
        self._clock = clock
        # Discovery answers are kept here, and errors for up to a minute.
        self._http_cache: dict[str, Any] = {}
        self._scopes = _scopes_for(endpoints.graph_url)

    def sign_in(self, attempt: BrowserSignIn) -> tuple[SignedIn, MicrosoftTokens]:
        """Send the person to Microsoft's page and exchange the code that comes back.

        Raises:
            SignInDenied, SignInExpired, SignInFailed, ScopesMissing, Unavailable, Cancelled.
        """
        with self._session() as session, Receiver(company=_MICROSOFT.company) as receiver:
            # Entra ignores the port only for http://localhost (docs: reply-url, localhost).
            redirect = f"http://localhost:{receiver.port}"
            with _border():
                flow = session.begin_browser(self._scopes, redirect, attempt.login_hint)
            receiver.expect(flow["state"])
            url = session.http.to_real(flow["auth_uri"])
            attempt.show(SignInPrompt(provider=_MICROSOFT, flow=SignInFlow.LOOPBACK, url=url))
            answer = receiver.wait(cancel=attempt.cancel, timeout_s=attempt.timeout_s)
            attempt.cancel.check()
            _check_redirect(answer)
            with _border():
                found = session.app.acquire_token_by_auth_code_flow(flow, answer)
            attempt.cancel.check()
            return self._finish(session, found)

    def sign_in_by_code(self, attempt: BrowserSignIn) -> tuple[SignedIn, MicrosoftTokens]:
        """Show a code to type at Microsoft's page, and ask until it was (RFC 8628).

        Raises:
            SignInDenied, SignInExpired, SignInFailed, ScopesMissing, Unavailable, Cancelled.
        """
        with self._session() as session:
            with _border():
                flow = session.app.initiate_device_flow(scopes=list(self._scopes))
            if "user_code" not in flow:
                raise _refused(flow)
            expires_at = datetime.fromtimestamp(float(flow["expires_at"]), UTC)
            attempt.show(
                SignInPrompt(
                    provider=_MICROSOFT,
                    flow=SignInFlow.DEVICE,
                    url=session.http.to_real(str(flow["verification_uri"])),
                    user_code=str(flow["user_code"]),
                    expires_at=expires_at,
                )
            )
            found = self._poll(session, flow, attempt, expires_at)
            return self._finish(session, found)

    def access_token(self, tokens: MicrosoftTokens, *, force: bool) -> FreshToken:
        """Give an access token and what to seal (the same object if nothing changed).

        Raises:
            SignInRequired: Microsoft wants to see the person.
            Unavailable: Microsoft cannot be asked now.
        """
        with self._session(tokens.cache) as session:
            with _border():
                found = session.find_token(self._scopes, tokens.home_account_id, force=force)
            if "access_token" not in found:
                raise _refresh_error(found)
            if session.cache.has_state_changed:
                tokens = MicrosoftTokens(
                    cache=session.cache.serialize(), home_account_id=tokens.home_account_id
                )
            lifetime = timedelta(seconds=float(found.get("expires_in") or 0))
            return FreshToken(str(found["access_token"]), self._clock.now() + lifetime, tokens)

    def try_again(self) -> None:
        """Forget refusals that MSAL would repeat from memory for a minute."""
        self._http_cache.clear()

    def _poll(
        self, session: _Session, flow: dict[str, Any], attempt: BrowserSignIn, expires_at: datetime
    ) -> dict[str, Any]:
        """Ask in the interval the server named; waits on the token, so giving up takes no time."""
        interval_s = max(float(flow.get("interval", _DEFAULT_INTERVAL_S)), _LEAST_INTERVAL_S)
        flow["interval"] = 1
        while not attempt.cancel.wait(interval_s):
            if self._clock.now() >= expires_at:
                raise SignInExpired(provider="microsoft")
            with _border():
                found: dict[str, Any] = session.app.acquire_token_by_device_flow(
                    flow, exit_condition=lambda _: True
                )
            attempt.cancel.check()
            match found.get("error"):
                case "authorization_pending":
                    continue
                case "slow_down":
                    interval_s += _SLOW_DOWN_S
                case _:
                    return found
        attempt.cancel.check()
        raise SignInExpired(provider="microsoft")

    def _finish(self, session: _Session, found: dict[str, Any]) -> tuple[SignedIn, MicrosoftTokens]:
        if "access_token" not in found:
            raise _refused(found)
        granted = tuple(s for s in str(found.get("scope", "")).split() if s not in _RESERVED)
        capabilities = check_can_send(_MICROSOFT, granted)
        address, name = self._identity(str(found["access_token"]), found)
        tokens = MicrosoftTokens(
            cache=session.cache.serialize(), home_account_id=session.only_account()
        )
        signed_in = SignedIn(
            provider=_MICROSOFT,
            address=address,
            display_name=name,
            scopes=granted,
            capabilities=capabilities,
        )
        return signed_in, tokens

    def _identity(self, access_token: str, found: dict[str, Any]) -> tuple[str, str]:
        """Ask Graph who it is; `preferred_username` need not be an address one can send from."""
        import httpx

        claims = found.get("id_token_claims") or {}
        try:
            answer = httpx.get(
                f"{self._endpoints.graph_url}/me",
                params={"$select": "displayName,mail,userPrincipalName"},
                headers={"Authorization": f"Bearer {access_token}"},
                timeout=30.0,
            )
            me = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            log.info("the profile could not be read; the sign-in's own claims are used")
            me = {}
        address = me.get("mail") or me.get("userPrincipalName") or claims.get("preferred_username")
        if not address or "@" not in str(address):
            raise SignInFailed(provider="microsoft", detail="the account has no address")
        return str(address), str(me.get("displayName") or claims.get("name") or "")

    @contextmanager
    def _session(self, cache: str = "") -> Iterator[_Session]:
        if not self._endpoints.microsoft_client_id:
            raise SignInFailed(
                provider="microsoft", detail="no client id is set (microsoft.client_id)"
            )
        http = MsalHttp(authority_url=self._endpoints.microsoft_authority_url)
        try:
            with _border():
                session = _Session(self._endpoints, http, self._http_cache, cache)
            yield session
        finally:
            http.close()


@contextmanager
def _border() -> Iterator[None]:
    """Map what MSAL and the connection raise; their texts hold URLs, so they do not go on."""
    import httpx
    from msal.exceptions import MsalError

    try:
        yield
    except httpx.HTTPError:
        raise Unavailable(provider="microsoft", detail="no connection to the sign-in") from None
    except MsalError:
        # Raised for 5xx and 429.
        raise Unavailable(provider="microsoft", detail="the sign-in is out of order") from None
    except (ConnectionError, ValueError, KeyError, RuntimeError) as error:
        # MSAL reports a broken discovery and unreadable answers like this.
        detail = f"unexpected sign-in answer ({type(error).__name__})"
        raise Unavailable(provider="microsoft", detail=detail) from None


class _Session:
    """MSAL's application for one act, with its cache."""

    def __init__(
        self, endpoints: Endpoints, http: MsalHttp, http_cache: dict[str, Any], cache: str
    ) -> None:
        import msal

        self.http = http
        self._prompt = endpoints.microsoft_prompt
        self.cache = msal.SerializableTokenCache()
        if cache:
            self.cache.deserialize(cache)
        self.app = msal.PublicClientApplication(
            endpoints.microsoft_client_id,
            authority=f"{http.authority_base}/{endpoints.microsoft_tenant}",
            token_cache=self.cache,
            http_client=http,
            http_cache=http_cache,
            # National clouds and other authorities of the settings are trusted as they stand.
            instance_discovery=False,
        )

    def begin_browser(
        self, scopes: tuple[str, ...], redirect: str, login_hint: str
    ) -> dict[str, Any]:
        # MSAL recommends form_post; a POST from an https page to http://localhost makes some
        # browsers warn the person, and PKCE protects the code in either place. For good and not
        # by catch_warnings, which two sign-ins at once would undo for each other.
        warnings.filterwarnings("ignore", "response_mode='form_post'", UserWarning)
        flow: dict[str, Any] = self.app.initiate_auth_code_flow(
            list(scopes),
            redirect_uri=redirect,
            prompt=self._prompt or None,
            login_hint=login_hint or None,
        )
        return flow

    def find_token(
        self, scopes: tuple[str, ...], home_account_id: str, *, force: bool
    ) -> dict[str, Any]:
        accounts = self.app.get_accounts()
        wanted = [a for a in accounts if a.get("home_account_id") == home_account_id]
        if not (wanted or accounts):
            return {}
        found = self.app.acquire_token_silent_with_error(
            list(scopes), account=(wanted or accounts)[0], force_refresh=force
        )
        return dict(found or {})

    def only_account(self) -> str:
        accounts = self.app.get_accounts()
        return str(accounts[0].get("home_account_id", "")) if accounts else ""


def _scopes_for(graph_url: str) -> tuple[str, ...]:
    """Name the resource where it is not the public Graph (national clouds)."""
    base = graph_url.partition("/v1.0")[0].rstrip("/")
    if is_loopback(graph_url) or base == "https://graph.microsoft.com":
        return MICROSOFT_SCOPES
    return tuple(f"{base}/{scope}" for scope in MICROSOFT_SCOPES)


def _check_redirect(answer: dict[str, str]) -> None:
    if "error" in answer:
        raise _refused(dict(answer))


def _refused(answer: dict[str, Any]) -> SignInError | Unavailable:
    """Map an OAuth error; only its code and Entra's AADSTS number go on, never its text."""
    code = str(answer.get("error", ""))
    numbers = answer.get("error_codes") or []
    if code in {"access_denied", "authorization_declined", "consent_required"}:
        return SignInDenied(provider="microsoft")
    if code in {"expired_token", "code_expired"}:
        return SignInExpired(provider="microsoft")
    if code in {"temporarily_unavailable", "server_error"}:
        return Unavailable(provider="microsoft", detail=code)
    detail = " ".join([code[:80], *(f"AADSTS{number}" for number in numbers)]).strip()
    return SignInFailed(provider="microsoft", detail=detail or "no answer")


def _refresh_error(answer: dict[str, Any]) -> SignInRequired | Unavailable:
    """Only OAuth's own refusals end a session (RFC 6749 §5.2)."""
    code = str(answer.get("error", ""))
    final = {
        "invalid_grant",
        "interaction_required",
        "consent_required",
        "login_required",
        "invalid_client",
        "unauthorized_client",
    }
    if code in final or not answer:
        return SignInRequired(provider="microsoft")
    return Unavailable(provider="microsoft", detail=code[:80])
