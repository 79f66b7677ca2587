"""Where a profile keeps its files. Pure paths; `ensure` makes the directories (0700)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROFILE_VARIABLE = "POSTRIDER_PROFILE"
PRIVATE_DIRECTORY = 0o700


def default_profile() -> Path:
    """Give the profile directory of this user on this system."""
    from platformdirs import user_data_path

    return user_data_path("postrider", appauthor=False)


@dataclass(frozen=True, slots=True)
class Paths:
    """Every path inside one profile directory."""

    profile: Path

    @classmethod
    def choose(cls, profile: str | os.PathLike[str] | None = None) -> Paths:
        """Take the given profile, else the environment's, else the user's own."""
        chosen = profile or os.environ.get(PROFILE_VARIABLE) or default_profile()
        return cls(Path(chosen).expanduser().absolute())

    @property
    def database(self) -> Path:
        """Give the SQLite file."""
        return self.profile / "postrider.db"

    @property
    def blobs(self) -> Path:
        """Give the directory of content-addressed files."""
        return self.profile / "blobs"

    @property
    def vault(self) -> Path:
        """Give the file of sealed tokens."""
        return self.profile / "vault"

    @property
    def settings(self) -> Path:
        """Give the settings file."""
        return self.profile / "settings.toml"

    @property
    def log_dir(self) -> Path:
        """Give the directory of logs."""
        return self.profile / "log"

    @property
    def instance(self) -> Path:
        """Give the file by which a second start finds the first."""
        return self.profile / "instance"

    @property
    def lease(self) -> Path:
        """Give the file whose lock says which process delivers."""
        return self.profile / "lease"

    @property
    def trial(self) -> Path:
        """Give the separate profile of the sandbox trial."""
        return self.profile / "trial"

    def ensure(self) -> None:
        """Make the directories, readable by their owner only.

        Raises:
            StoreError: they cannot be made (`detail` says why).
        """
        from app.domain.errors import StoreError

        try:
            for directory in (self.profile, self.blobs, self.log_dir):
                directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
            self.profile.chmod(PRIVATE_DIRECTORY)
        except OSError as error:
            raise StoreError(path=str(self.profile), detail=error.strerror or str(error)) from error
