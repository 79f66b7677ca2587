"""Keep codes, tokens and upload URLs out of every log, whatever level somebody turns on.

requests_oauthlib writes token answers at DEBUG, httpx whole URLs at INFO, httpcore and urllib3
headers and paths at DEBUG (all seen in the versions we run).
"""

from __future__ import annotations

import logging

_TALKERS = (
    "requests_oauthlib",
    "oauthlib",
    "google.auth",
    "google.oauth2",
    "google_auth_oauthlib",
    "httpx",
    "httpcore",
    "urllib3",
    "keyring",
)
# Writes an unreadable token answer, tokens and all, at ERROR; it is raised as well.
_BLABBER = "msal"


def quiet_libraries() -> None:
    """Raise these libraries' loggers to WARNING at least; safe to call often."""
    logging.getLogger(_BLABBER).setLevel(logging.CRITICAL)
    for name in _TALKERS:
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)
