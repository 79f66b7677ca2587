"""Settings as typed descriptors: flag > environment > file > shipped clients > default, each with its origin. No Qt.

`Settings.get("google.client_id")` is never written: each setting is an attribute, listed once in
`SETTINGS`; `postrider doctor` prints them with their origins.
"""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar, cast, overload

from app.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

T = TypeVar("T", bound=str | int | float | bool)

CLIENTS_FILE = "oauth/clients.json"
CLIENT_SETTINGS = (
    "google.client_id",
    "google.client_secret",
    "microsoft.client_id",
    "microsoft.tenant",
)
_PACKAGE = Path(__file__).parent
# Inside the package when it is installed, beside it in a checkout.
_INSIDE = _PACKAGE / "resources"
RESOURCES = _INSIDE if _INSIDE.is_dir() else _PACKAGE.parent / "resources"
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class SettingError(StoreError):
    """A setting cannot be read. Params: name, origin, detail."""

    code = "setting_error"


class Setting(Generic[T]):
    """One named value with a default; read as an attribute of `Settings`."""

    def __init__(self, name: str, default: T, about: str, *, secret: bool = False) -> None:
        self.name = name
        self.default = default
        self.about = about
        self.is_secret = secret

    @property
    def variable(self) -> str:
        """Give the environment variable that overrides it."""
        return "POSTRIDER_" + self.name.upper().replace(".", "_")

    @overload
    def __get__(self, owner: None, kind: type) -> Setting[T]: ...
    @overload
    def __get__(self, owner: Settings, kind: type) -> T: ...
    def __get__(self, owner: Settings | None, kind: type) -> Setting[T] | T:
        """Give the value in force."""
        return self if owner is None else cast("T", owner.lookup(self)[0])

    def parse(self, raw: object, origin: str) -> T:
        """Read a raw value.

        Raises:
            SettingError: it is not of the setting's type.
        """
        kind = type(self.default)
        is_bool = kind is bool
        if is_bool and isinstance(raw, str):
            word = raw.strip().casefold()
            if word in _TRUE | _FALSE:
                return cast("T", word in _TRUE)
        elif isinstance(raw, bool) == is_bool and isinstance(raw, (str, int, float)):
            try:
                return kind(raw)
            except ValueError:
                pass
        raise SettingError(name=self.name, origin=origin, detail=f"expected {kind.__name__}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the providers are and who we are to them."""

    google_auth_url: str
    google_token_url: str
    google_revoke_url: str
    google_userinfo_url: str
    google_api_url: str
    google_client_id: str
    google_client_secret: str
    microsoft_authority_url: str
    microsoft_tenant: str
    microsoft_client_id: str
    graph_url: str
    google_access: str = "full"
    microsoft_prompt: str = "select_account"


@dataclass(frozen=True, slots=True)
class Origin:
    """One line of `postrider doctor`: a setting, its value and where it is from."""

    name: str
    value: object
    origin: str


@dataclass(frozen=True)
class Settings:
    """The settings of one profile."""

    flags: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    file: MutableMapping[str, object] = field(default_factory=dict)
    clients: Mapping[str, object] = field(default_factory=dict)

    sandbox_url = Setting("sandbox.url", "", "A sandbox's address: points every endpoint at it.")
    google_auth_url = Setting(
        "google.auth_url", "https://accounts.google.com/o/oauth2/v2/auth", "Google's consent page."
    )
    google_token_url = Setting(
        "google.token_url", "https://oauth2.googleapis.com/token", "Google's token endpoint."
    )
    google_revoke_url = Setting(
        "google.revoke_url", "https://oauth2.googleapis.com/revoke", "Google's revocation endpoint."
    )
    google_userinfo_url = Setting(
        "google.userinfo_url",
        "https://openidconnect.googleapis.com/v1/userinfo",
        "Google's OpenID userinfo endpoint.",
    )
    google_api_url = Setting("google.api_url", "https://gmail.googleapis.com", "The Gmail API.")
    google_client_id = Setting("google.client_id", "", "OAuth client id of a desktop app.")
    google_client_secret = Setting(
        "google.client_secret", "", "Its secret, which Google does not treat as one.", secret=True
    )
    google_access = Setting(
        "google.access",
        "full",
        "What is asked of Google: full, or send (gmail.send alone: no drafts, no conversations).",
    )
    microsoft_authority_url = Setting(
        "microsoft.authority_url", "https://login.microsoftonline.com", "The Entra authority."
    )
    microsoft_tenant = Setting(
        "microsoft.tenant", "common", "Tenant: common, organizations or an id."
    )
    microsoft_client_id = Setting("microsoft.client_id", "", "Application id of a public client.")
    microsoft_prompt = Setting(
        "microsoft.prompt",
        "select_account",
        "What Microsoft's page begins with: select_account, login or consent.",
    )
    graph_url = Setting(
        "microsoft.graph_url", "https://graph.microsoft.com/v1.0", "Microsoft Graph."
    )
    vault_mode = Setting(
        "vault.mode", "auto", "Where the vault's key is: auto, keyring, passphrase or session."
    )
    undo_s = Setting("send.undo_s", 10.0, "Seconds in which a send can be taken back.")
    grace_s = Setting(
        "send.grace_s", 75.0, "Seconds to wait before a provider is asked about a lost answer."
    )
    settle_s = Setting(
        "send.settle_s", 600.0, "Seconds of asking before a lost answer is shown to the person."
    )
    timeout_s = Setting(
        "send.timeout_s", 60.0, "Seconds without a byte before a request is given up."
    )
    backoff_s = Setting(
        "send.backoff_s", 5.0, "First pause after a failed attempt; doubles each time."
    )
    late_s = Setting(
        "send.late_s", 7200.0, "A scheduled mail later than this after sleep asks before it goes."
    )
    later_by = Setting(
        "send.later_by",
        "provider",
        "Who keeps a scheduled Outlook mail: provider (it goes with this computer off) or computer.",
    )
    lead_s = Setting(
        "send.lead_s",
        300.0,
        "A scheduled mail nearer to its time than this stays on this computer.",
    )
    gmail_per_day = Setting(
        "limits.gmail_per_day", 2000, "Recipients a Gmail mailbox may reach in 24 hours."
    )
    gmail_per_minute = Setting(
        "limits.gmail_per_minute", 100, "Messages a Gmail mailbox may send in a minute."
    )
    gmail_per_second = Setting(
        "limits.gmail_per_second", 10, "Messages a Gmail mailbox may send in a second."
    )
    outlook_per_day = Setting(
        "limits.outlook_per_day", 10_000, "Recipients an Outlook mailbox may reach in 24 hours."
    )
    outlook_per_minute = Setting(
        "limits.outlook_per_minute", 30, "Messages an Outlook mailbox may send in a minute."
    )
    outlook_per_second = Setting(
        "limits.outlook_per_second", 4, "Messages an Outlook mailbox may send in a second."
    )
    sync_days = Setting("sync.days", 180, "Days of conversations the local index reaches back.")
    sync_pause_s = Setting(
        "sync.pause_s", 4.0, "Seconds between two pages of conversations, for the provider's quota."
    )
    sync_every_s = Setting("sync.every_s", 60.0, "Seconds between two looks for new mail.")
    gateway_enabled = Setting(
        "gateway.enabled", False, "Whether the window opens the local API on this computer."
    )
    gateway_port = Setting("gateway.port", 8025, "The port of the local API, on 127.0.0.1 only.")
    gateway_wait_s = Setting(
        "gateway.wait_s", 10.0, "Seconds a request of the local API waits for the outcome."
    )
    gateway_origins = Setting(
        "gateway.origins", "", "Origins of web pages that may call, separated by spaces."
    )
    gateway_per_second = Setting("gateway.per_second", 50, "Requests a key may make in a second.")
    gateway_per_day = Setting("gateway.per_day", 10_000, "Messages a key may send in a day (UTC).")
    gateway_loopback_files = Setting(
        "gateway.loopback_files", False, "Fetch attachments from this computer too: for tests."
    )
    theme = Setting("ui.theme", "system", "Light, dark or system.")

    @classmethod
    def load(
        cls,
        path: Path,
        flags: Mapping[str, object] | None = None,
        *,
        resources: Path | None = None,
    ) -> Settings:
        """Read a profile's settings file; a missing one is an empty one.

        Raises:
            SettingError: the file is not TOML, the shipped clients are no JSON, or one cannot be read.
        """
        clients = _shipped_clients(resources or RESOURCES)
        settings = cls(flags or {}, dict(os.environ), read_file(path), clients)
        settings.origins()
        return settings

    def lookup(self, setting: Setting[T]) -> tuple[object, str]:
        """Give the value in force and its origin.

        Raises:
            SettingError: the value is not of the setting's type.
        """
        for origin, raw in (
            ("flag", self.flags.get(setting.name)),
            (f"environment {setting.variable}", self.environment.get(setting.variable)),
            ("settings.toml", self.file.get(setting.name)),
            (CLIENTS_FILE, self.clients.get(setting.name)),
        ):
            if raw is not None:
                return setting.parse(raw, origin), origin
        return setting.default, "default"

    def origins(self) -> list[Origin]:
        """List every setting with its value and origin; secrets are masked."""
        found = []
        for setting in SETTINGS:
            value, origin = self.lookup(setting)
            found.append(
                Origin(setting.name, "•••" if setting.is_secret and value else value, origin)
            )
        return found

    @property
    def endpoints(self) -> Endpoints:
        """Give the providers' addresses; a sandbox's address replaces them all."""
        if self.sandbox_url:
            return replace(
                sandbox_endpoints(self.sandbox_url.rstrip("/")),
                google_access=self.google_access,
                microsoft_prompt=self.microsoft_prompt,
            )
        names = Endpoints.__dataclass_fields__
        return Endpoints(**{name: getattr(self, name) for name in names})


SETTINGS: tuple[Setting, ...] = tuple(  # type: ignore[type-arg]
    value for value in vars(Settings).values() if isinstance(value, Setting)
)


def sandbox_endpoints(url: str) -> Endpoints:
    """Give the addresses a sandbox answers at."""
    return Endpoints(
        google_auth_url=f"{url}/google/o/oauth2/v2/auth",
        google_token_url=f"{url}/google/token",
        google_revoke_url=f"{url}/google/revoke",
        google_userinfo_url=f"{url}/google/userinfo",
        google_api_url=url,
        google_client_id="sandbox.apps.googleusercontent.com",
        google_client_secret="sandbox",  # noqa: S106  the sandbox accepts any
        microsoft_authority_url=f"{url}/microsoft",
        microsoft_tenant="common",
        microsoft_client_id="00000000-0000-4000-8000-000000000001",
        graph_url=f"{url}/graph/v1.0",
    )


def _shipped_clients(resources: Path) -> dict[str, object]:
    """Read the client registrations that a company ships with its copy; usually there are none.

    Raises:
        SettingError: the file is there and cannot be read.
    """
    path = resources / CLIENTS_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingError(name=CLIENTS_FILE, origin=str(path), detail=str(error)) from error
    flat = _flatten(found) if isinstance(found, dict) else {}
    return {name: flat[name] for name in CLIENT_SETTINGS if name in flat}


def read_file(path: Path) -> dict[str, object]:
    """Read a settings file's values by name; a missing file gives none. Raises SettingError."""
    try:
        with path.open("rb") as source:
            return _flatten(tomllib.load(source))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingError(name="settings.toml", origin=str(path), detail=str(error)) from error


def _flatten(table: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in table.items():
        name = prefix + key
        if isinstance(value, dict):
            flat.update(_flatten(value, name + "."))
        else:
            flat[name] = value
    return flat
