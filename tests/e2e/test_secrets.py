"""Everything secret that went over the wire is looked for in every log and every file of the profile."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.compose.replying import new_draft
from app.domain.account import Account, ProviderKind
from app.domain.address import Address
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.errors import SignInDenied
from app.domain.outbound import OutboundState
from app.domain.submission import Submission
from app.ports import SignInFlow, SignInPrompt
from app.runtime.cancel import CancelToken
from app.services import Services
from tests.support.profile import ADA_GMAIL, ADA_OUTLOOK, open_profile, settle, visit
from tests.support.recorder import Recorder
from tests.support.sandbox import ControlClient, sandbox_process

MB = 1024 * 1024
SENDERS = {ProviderKind.GMAIL: ADA_GMAIL, ProviderKind.MICROSOFT: ADA_OUTLOOK}
FLOWS = {
    ProviderKind.GMAIL: (SignInFlow.LOOPBACK, SignInFlow.PASTE),
    ProviderKind.MICROSOFT: (SignInFlow.LOOPBACK, SignInFlow.DEVICE),
}
KINDS = {
    ProviderKind.GMAIL: {"code", "code_verifier", "refresh_token", "access_token", "upload_url"},
    ProviderKind.MICROSOFT: {
        *("code", "code_verifier", "refresh_token", "access_token", "upload_url"),
        *("device_code", "authtoken", "id_token"),
    },
}


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    with sandbox_process() as announced:
        yield announced["url"]


@pytest.fixture
def recorder(sandbox_url: str) -> Iterator[Recorder]:
    ControlClient(sandbox_url).call("POST", "/reset", {})
    with Recorder(sandbox_url) as running:
        yield running


def sign_in(services: Services, kind: ProviderKind, flow: SignInFlow) -> Account:
    shown: list[SignInPrompt] = []

    def show(prompt: SignInPrompt) -> None:
        shown.append(prompt)
        visit(prompt)

    def redirected() -> str:
        return httpx.get(shown[0].url).headers["location"]

    return services.book.add(
        provider=kind,
        flow=flow,
        show=show,
        cancel=CancelToken(),
        login_hint=SENDERS[kind],
        ask_redirect=redirected if flow is SignInFlow.PASTE else None,
    )


def send(services: Services, sender: str, file: Path) -> None:
    box = next(one for one in services.book.list_mailboxes() if one.address == sender)
    draft = new_draft(ids=services.ids, clock=services.clock, mailbox_uid=box.uid).edited(
        services.clock.now(),
        subject="Quote",
        recipients=Recipients(to=(Address("jane@northwind.example"),)),
        body=Body(BodyMode.PLAIN, "", "Hello"),
        attachments=(services.attacher.attach_file(file),),
    )
    services.submitter.submit(Submission(draft=draft))
    settle(services, lambda found: all(one.state is OutboundState.SENT for one in found))


def traces(secrets: dict[str, set[str]], texts: dict[str, bytes]) -> list[str]:
    """Name kind and place of every secret that stands in one of the texts."""
    return [
        f"{kind} in {place}"
        for kind, values in secrets.items()
        for place, text in texts.items()
        if any(value.encode() in text for value in values)
    ]


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@pytest.mark.parametrize("kind", list(SENDERS))
def test_nothing_secret_is_written_anywhere(
    kind: ProviderKind,
    recorder: Recorder,
    sandbox_url: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    control = ControlClient(sandbox_url)
    profile, file = tmp_path / "profile", tmp_path / "big.pdf"
    file.write_bytes(os.urandom(9 * MB))
    with open_profile(profile, recorder.url, **{"send.timeout_s": 20}) as services:
        control.call("POST", "/consent", {"provider": kind.value, "deny": True})
        with pytest.raises(SignInDenied):
            sign_in(services, kind, SignInFlow.LOOPBACK)
        # The grants before are refused, a token is refused, an upload breaks in the middle.
        for flow in FLOWS[kind]:
            account = sign_in(services, kind, flow)
        control.fault("create_draft", "unauthorized")
        control.fault("upload", "drop_after", skip=1)
        send(services, SENDERS[kind], file)
        during = files_in(profile)
        services.book.remove(account.uid)
    secrets = recorder.secrets()
    assert set(secrets) >= KINDS[kind]
    assert "signed in at" in caplog.text
    places = {"the log": caplog.text.encode(), **during, **files_in(profile)}
    assert traces(secrets, places) == []
    # The search itself finds what is there.
    assert "code in x" in traces(secrets, {"x": next(iter(secrets["code"])).encode()})
