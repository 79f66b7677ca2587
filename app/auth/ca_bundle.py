"""One variable for a company's own certificate authority, whichever library makes the connection.

httpx and the standard library read SSL_CERT_FILE; requests, which Google's library uses, reads only
REQUESTS_CA_BUNDLE (requests docs: SSL Cert Verification).
"""

from __future__ import annotations

import os


def share_ca_bundle() -> None:
    """Let requests use the bundle that SSL_CERT_FILE names, unless it is given its own."""
    bundle = os.environ.get("SSL_CERT_FILE")
    if bundle:
        os.environ.setdefault("REQUESTS_CA_BUNDLE", bundle)
