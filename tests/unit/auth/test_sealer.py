"""Handles that are kept outside the vault: sealed under its key, unreadable without it."""

from __future__ import annotations

import base64

import pytest

from app.auth.sealer import HandleSealer
from app.auth.vault import MemoryVault

URL = "https://upload.example/session?authtoken=secret"


def test_gives_back_what_was_sealed_also_after_a_restart():
    vault = MemoryVault()
    sealed = HandleSealer(vault).seal(URL)
    assert HandleSealer(vault).unseal(sealed) == URL


def test_shows_nothing_and_never_the_same_twice():
    sealer = HandleSealer(MemoryVault())
    first, second = sealer.seal(URL), sealer.seal(URL)
    assert first != second
    assert b"secret" not in base64.b64decode(first)


def test_another_vault_gives_nothing():
    other = MemoryVault()
    HandleSealer(other).seal("mint a key")
    sealed = HandleSealer(MemoryVault()).seal(URL)
    assert HandleSealer(other).unseal(sealed) == ""
    assert HandleSealer(MemoryVault()).unseal(sealed) == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda sealed: sealed[:-8],
        lambda sealed: ("B" if sealed[0] == "A" else "A") + sealed[1:],
        lambda sealed: "ä" + sealed,
        lambda _: "",
    ],
    ids=["cut", "nonce", "not ascii", "empty"],
)
def test_what_was_changed_gives_nothing(change):
    sealer = HandleSealer(MemoryVault())
    assert sealer.unseal(change(sealer.seal(URL))) == ""
