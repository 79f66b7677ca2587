"""MSAL's transport over httpx.

MSAL refuses http authorities, so for an authority on this computer it is told the public one and
this adapter rewrites the host both ways. It also drops None form values, which httpx would send as
empty ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from app.auth.endpoints import is_loopback
from app.auth.quiet import quiet_libraries

if TYPE_CHECKING:
    import httpx

PUBLIC_AUTHORITY = "https://login.microsoftonline.com"


class MsalResponse:
    """What MSAL reads of a response."""

    def __init__(self, status_code: int, text: str, headers: dict[str, str]) -> None:
        self.status_code = status_code
        self.text = text
        self.headers = headers

    def raise_for_status(self) -> None:
        """Refuse error statuses, as MSAL expects. Raises ConnectionError."""
        if self.status_code >= 400:
            raise ConnectionError(f"HTTP {self.status_code}")


class MsalHttp:
    """The http_client that MSAL is given."""

    def __init__(self, *, authority_url: str, timeout_s: float = 30.0) -> None:
        import httpx

        quiet_libraries()
        self._authority_url = authority_url.rstrip("/")
        self._rewrites = is_loopback(authority_url)
        self._client: httpx.Client = httpx.Client(timeout=timeout_s)

    @property
    def authority_base(self) -> str:
        """Give the authority's base as MSAL shall know it."""
        return PUBLIC_AUTHORITY if self._rewrites else self._authority_url

    def to_real(self, url: str) -> str:
        """Give the address that is really asked or shown."""
        if self._rewrites and url.startswith(PUBLIC_AUTHORITY + "/"):
            return self._authority_url + url[len(PUBLIC_AUTHORITY) :]
        return url

    def get(self, url: str, **kwargs: Any) -> MsalResponse:
        """Send a GET for MSAL."""
        return self._send("GET", url, kwargs)

    def post(self, url: str, **kwargs: Any) -> MsalResponse:
        """Send a POST for MSAL."""
        return self._send("POST", url, kwargs)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, method: str, url: str, kwargs: dict[str, Any]) -> MsalResponse:
        data = kwargs.get("data")
        if isinstance(data, dict):
            data = urlencode({name: value for name, value in data.items() if value is not None})
        headers = dict(kwargs.get("headers") or {})
        if data is not None:
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        answer = self._client.request(
            method,
            self.to_real(url),
            params=kwargs.get("params") or None,
            content=data,
            headers=headers,
        )
        return MsalResponse(answer.status_code, answer.text, dict(answer.headers))
