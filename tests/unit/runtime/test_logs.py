from __future__ import annotations

import logging

import pytest

from app.runtime.logs import RedactingFormatter, redact


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("Authorization: Bearer ya29.a0AfH6", "ya29.a0AfH6"),
        ('{"access_token": "ya29.secret", "x": 1}', "ya29.secret"),
        ("refresh_token=1//0gabc&grant_type=x", "1//0gabc"),
        ("GET /?state=s&code=4/0AbC HTTP", "4/0AbC"),
        ("code_verifier: dBjftJeZ4CVP", "dBjftJeZ4CVP"),
        ("'uploadUrl': 'https://host/up?authtoken=eyJ0'", "eyJ0"),
        ("sent to jane.doe@northwind.example", "jane.doe@northwind.example"),
    ],
)
def test_secrets_and_addresses_do_not_reach_the_file(line: str, secret: str) -> None:
    assert secret not in redact(line)


def _refuse() -> None:
    raise ValueError("refused for jane@northwind.example with Bearer abc123")


def test_tracebacks_are_redacted_too() -> None:
    with pytest.raises(ValueError, match="refused") as caught:
        _refuse()
    record = logging.LogRecord("auth", logging.ERROR, "f", 1, "failed", (), None)
    record.exc_info = (caught.type, caught.value, caught.tb)
    text = RedactingFormatter("%(message)s").format(record)
    assert "ValueError" in text
    assert "jane@" not in text
    assert "abc123" not in text
