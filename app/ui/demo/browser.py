"""The demo's stand-in for a browser: reads loopback pages and follows their redirects. No Qt here."""

from __future__ import annotations

import http.client
from urllib.parse import urljoin, urlsplit

TIMEOUT_S = 20.0
MOST_REDIRECTS = 5


def read_page(url: str) -> bytes:
    """Give a page's bytes, after redirects.

    Raises:
        OSError: nobody answers.
        LookupError: the page is not there, or redirects for ever.
    """
    for _ in range(MOST_REDIRECTS):
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
        try:
            connection.request("GET", f"{parts.path or '/'}?{parts.query}".rstrip("?"))
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        target = answer.getheader("Location")
        if not target:
            if answer.status != http.client.OK:
                raise LookupError(f"{parts.path} answered {answer.status}")
            return body
        url = urljoin(url, target)
    raise LookupError(f"{url} redirects for ever")
