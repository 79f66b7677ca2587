"""Grants, access tokens and refresh tokens of both providers. Knows no URL."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

from app.sandbox.records import AccessToken, Account, AuthCode, Grant
from app.sandbox.world import Sandbox, opaque

CODE_LIFETIME_S = 600.0


def pkce_matches(challenge: str, verifier: str) -> bool:
    """RFC 7636 section 4.6, S256 only; without a challenge there must be no verifier to check."""
    if not challenge:
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return secrets.compare_digest(expected, challenge)


def issue_code(sandbox: Sandbox, account: Account, asked: dict[str, str], scopes: list[str]) -> str:
    code = opaque("4/0" if account.provider == "gmail" else "0.A")
    sandbox.world.codes[code] = AuthCode(
        provider=account.provider,
        account=account.address,
        client_id=asked.get("client_id", ""),
        scopes=scopes,
        redirect_uri=asked.get("redirect_uri", ""),
        challenge=asked.get("code_challenge", ""),
        nonce=asked.get("nonce", ""),
        expires_at=sandbox.now() + CODE_LIFETIME_S,
    )
    return code


def take_code(sandbox: Sandbox, provider: str, form: dict[str, str]) -> AuthCode | None:
    """Return the code's record if everything fits; a code is gone after the first try."""
    code = sandbox.world.codes.pop(form.get("code", ""), None)
    fits = (
        code is not None
        and code.provider == provider
        and code.expires_at > sandbox.now()
        and code.redirect_uri == form.get("redirect_uri", "")
        and code.client_id == form.get("client_id", "")
        and pkce_matches(code.challenge, form.get("code_verifier", ""))
    )
    return code if fits else None


def new_grant(sandbox: Sandbox, account: Account, client_id: str, scopes: list[str]) -> Grant:
    grant = Grant(
        id=opaque(),
        provider=account.provider,
        account=account.address,
        client_id=client_id,
        scopes=scopes,
        refresh_tokens=[opaque("1//0" if account.provider == "gmail" else "1.A", 40)],
        issued_at=sandbox.now(),
    )
    sandbox.world.grants[grant.id] = grant
    return grant


def new_access_token(sandbox: Sandbox, grant: Grant, scopes: list[str]) -> str:
    token = opaque("ya29." if grant.provider == "gmail" else "EwB", 48)
    sandbox.world.tokens[token] = AccessToken(
        grant_id=grant.id,
        provider=grant.provider,
        account=grant.account,
        scopes=scopes,
        expires_at=sandbox.now() + sandbox.settings.token_lifetime_s,
    )
    return token


def find_grant(sandbox: Sandbox, provider: str, refresh_token: str) -> Grant | None:
    """Return the living grant of a refresh token."""
    lifetime = sandbox.settings.refresh_lifetime_s
    for grant in sandbox.world.grants.values():
        known = (
            grant.refresh_tokens[-1:] if sandbox.settings.strict_rotation else grant.refresh_tokens
        )
        if grant.provider == provider and not grant.revoked and refresh_token in known:
            expired = lifetime is not None and grant.issued_at + lifetime <= sandbox.now()
            return None if expired else grant
    return None


def revoke_account(sandbox: Sandbox, provider: str, address: str) -> int:
    """Make every token of the account invalid for good; returns how many grants were alive."""
    alive = [
        grant
        for grant in sandbox.world.grants.values()
        if grant.account == address and provider in {"", grant.provider} and not grant.revoked
    ]
    for grant in alive:
        grant.revoked = True
    return len(alive)


def revoke_token(sandbox: Sandbox, token: str) -> bool:
    access = sandbox.world.tokens.get(token)
    for grant in sandbox.world.grants.values():
        ours = token in grant.refresh_tokens or (access and access.grant_id == grant.id)
        if ours and not grant.revoked:
            grant.revoked = True
            return True
    return False


def unsigned_id_token(claims: dict[str, Any]) -> str:
    """Build a JWT nobody can verify: clients over a direct connection need not (OIDC core 3.1.3.7)."""
    header = {"typ": "JWT", "alg": "RS256", "kid": "sandbox"}
    parts = [_segment(header), _segment(claims), _b64(b"sandbox-signature")]
    return ".".join(parts)


def _segment(value: dict[str, Any]) -> str:
    return _b64(json.dumps(value, separators=(",", ":")).encode())


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def client_info(account: Account) -> str:
    return _segment({"uid": account.subject_id, "utid": account.tenant_id})
