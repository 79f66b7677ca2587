"""Signing in from the command line as real processes: pasted address, own certificate, web proxy."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.profile import ADA_GMAIL, ADA_OUTLOOK, environment, run
from tests.support.recorder import Recorder
from tests.support.sandbox import ControlClient, sandbox_process

CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
DEAD_URL = "http://127.0.0.1:9"
BOTH = pytest.mark.parametrize("sender", [ADA_GMAIL, ADA_OUTLOOK])
PROVIDERS = {ADA_GMAIL: "gmail", ADA_OUTLOOK: "outlook"}


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    with sandbox_process() as announced:
        yield announced["url"]


@pytest.fixture
def control(sandbox_url: str) -> ControlClient:
    client = ControlClient(sandbox_url)
    client.call("POST", "/reset", {})
    return client


class SigningIn:
    """`postrider accounts add` as a process whose prompt has been read."""

    def __init__(self, env: dict[str, str], sender: str, flow: str) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "app", "accounts", "add", "--json", "--no-browser"),
                *("--provider", PROVIDERS[sender], "--flow", flow, "--login-hint", sender),
            ],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()

    @property
    def prompt(self) -> dict[str, Any]:
        return dict(json.loads(self.line))

    def end(self, said: str = "") -> tuple[int, str, str]:
        out, err = self.process.communicate(said, timeout=60)
        return self.process.returncode, out, err


def send(
    env: dict[str, str], sender: str, wait_s: int = 30
) -> tuple[int, list[dict[str, Any]], str]:
    return run(
        [
            *(
                "send",
                "--wait",
                str(wait_s),
                "--json",
                "--from",
                sender,
                "--to",
                "jane@northwind.example",
            ),
            *("--subject", "Hello", "--text", "Hello"),
        ],
        env,
    )


def redirected(url: str, **client: Any) -> str:
    """Give the address the browser ends at."""
    return httpx.get(url, trust_env=False, **client).headers["location"]


def test_google_signs_in_by_a_pasted_address(
    control: ControlClient, sandbox_url: str, tmp_path: Path
) -> None:
    env = environment(tmp_path, sandbox_url)
    running = SigningIn(env, ADA_GMAIL, "paste")
    assert running.prompt["prompt"] == "paste"
    pasted = redirected(running.prompt["url"])
    code, out, err = running.end(pasted + "\n")
    assert code == 0, err
    assert json.loads(out)["address"] == ADA_GMAIL
    assert pasted not in out + err
    assert send(env, ADA_GMAIL)[0] == 0
    assert len(control.deliveries()) == 1


def test_another_address_is_refused_in_a_sentence(
    control: ControlClient, sandbox_url: str, tmp_path: Path
) -> None:
    del control
    running = SigningIn(environment(tmp_path, sandbox_url), ADA_GMAIL, "paste")
    code, _, err = running.end("http://127.0.0.1/?code=stolen&state=other\n")
    assert code != 0
    assert "Traceback" not in err
    assert "stolen" not in err


def test_an_account_that_may_only_send_sends_and_says_what_is_missed(
    control: ControlClient, sandbox_url: str, tmp_path: Path
) -> None:
    env = environment(tmp_path, sandbox_url, **{"google.access": "send"})
    running = SigningIn(env, ADA_GMAIL, "loopback")
    httpx.get(running.prompt["url"], follow_redirects=True, trust_env=False)
    code, out, err = running.end()
    assert code == 0, err
    added = json.loads(out)
    assert added["capabilities"] == ["send"]
    assert [one for one in added["missing"] if "conversations" in one]
    assert [one for one in added["missing"] if "unclear send" in one]
    code, rows, _ = send(env, ADA_GMAIL)
    assert (code, rows[-1]["state"]) == (0, "sent")
    assert len(control.deliveries()) == 1
    used = {row["operation"] for row in control.requests() if "gmail/v1" in row["path"]}
    assert used <= {"gmail.messages.send", "gmail.upload.messages.send"}
    # Its answer lost, it is asked about by nobody but the person, and never sent again.
    control.fault("send", "drop_after")
    code, rows, _ = send(env, ADA_GMAIL, wait_s=8)
    assert (code, rows[-1]["state"]) == (75, "uncertain")
    assert len(control.deliveries()) == 2


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make an authority's own certificate for 127.0.0.1, with its key, in one PEM file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Acme proxy")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "company.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@BOTH
def test_a_companys_own_certificate_is_trusted_when_it_is_named(
    sender: str, control: ControlClient, sandbox_url: str, tmp_path: Path, certificate: Path
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate)
    with Recorder(sandbox_url, tls) as front:
        env = environment(tmp_path / "profile", front.url)
        for variable in CA_VARIABLES:
            env.pop(variable, None)
        named = {**env, "SSL_CERT_FILE": str(certificate)}
        running = SigningIn(named, sender, "loopback")
        location = redirected(running.prompt["url"], verify=trusting)
        httpx.get(location, trust_env=False)
        code, _, err = running.end()
        assert code == 0, err
        assert send(named, sender)[0] == 0
        # Without it nothing is sent, nothing is lost, and the reason is said.
        code, rows, _ = send(env, sender, wait_s=2)
        assert code == 75
        # Between two tries, or at one.
        assert rows[-1]["state"] in {"queued", "sending"}
    assert len(control.deliveries()) == 1


@BOTH
def test_a_web_proxy_of_the_environment_is_used(
    sender: str, control: ControlClient, sandbox_url: str, tmp_path: Path
) -> None:
    with Recorder(sandbox_url) as proxy:
        # Nothing listens at the sandbox's own address: only the proxy reaches it.
        env = environment(tmp_path, DEAD_URL)
        env |= {"HTTP_PROXY": proxy.url, "http_proxy": proxy.url, "NO_PROXY": "", "no_proxy": ""}
        running = SigningIn(env, sender, "loopback")
        location = redirected(running.prompt["url"], proxy=proxy.url)
        httpx.get(location, trust_env=False)
        code, _, err = running.end()
        assert code == 0, err
        assert send(env, sender)[0] == 0
    assert len(control.deliveries()) == 1
