"""The vault: sealed, shared by processes, and honest about what it cannot open."""

from __future__ import annotations

import base64
import stat
import subprocess
import sys
import threading

import keyring.backend
import keyring.backends.fail
import pytest
from keyring.errors import KeyringLocked, PasswordSetError

from app.auth.filelock import locked
from app.auth.vault import MemoryVault, SealedVault
from app.auth.vault_keys import FileKey, KeyringKey, PassphraseKey
from app.auth.vault_open import ChosenVault, VaultMode
from app.domain.errors import VaultUnavailable
from app.settings import Settings, sandbox_endpoints

SECRET = b"refresh-token-of-somebody"
SANDBOX = sandbox_endpoints("http://127.0.0.1:9")


class MemoryRing(keyring.backend.KeyringBackend):
    """A keyring that works and forgets at the end."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


class LockedRing(MemoryRing):
    def get_password(self, service, username):
        raise KeyringLocked("locked")


class RefusingRing(MemoryRing):
    def set_password(self, service, username, password):
        raise PasswordSetError("no")


def _reason(caught):
    return caught.value.params["reason"]


def _vault(tmp_path, ring):
    key = KeyringKey("profile-1", lambda: ring)
    return SealedVault(path=tmp_path / "vault", key=key)


@pytest.fixture
def ring():
    return MemoryRing()


def test_keeps_secrets_for_the_next_start(tmp_path, ring):
    _vault(tmp_path, ring).save("gmail/a", SECRET)
    _vault(tmp_path, ring).save("gmail/b", b"other")
    again = _vault(tmp_path, ring)
    assert again.load("gmail/a") == SECRET
    assert again.load("gmail/b") == b"other"
    assert again.load("gmail/c") is None


def test_file_is_private_and_shows_no_secret(tmp_path, ring):
    _vault(tmp_path, ring).save("gmail/a", SECRET)
    raw = (tmp_path / "vault").read_bytes()
    assert SECRET not in raw
    assert base64.b64encode(SECRET) not in raw
    assert b"gmail/a" not in raw
    assert stat.S_IMODE((tmp_path / "vault").stat().st_mode) == 0o600
    assert {p.name for p in tmp_path.iterdir()} == {"vault", "vault.lock"}


def test_the_keyring_gets_a_key_and_no_token(tmp_path, ring):
    _vault(tmp_path, ring).save("gmail/a", SECRET)
    [(place, text)] = ring.kept.items()
    assert place == ("postrider", "profile-1")
    assert len(base64.b64decode(text)) == 32


def test_forgets(tmp_path, ring):
    vault = _vault(tmp_path, ring)
    vault.save("a", SECRET)
    vault.forget("a")
    vault.forget("never there")
    assert _vault(tmp_path, ring).load("a") is None


def test_forgetting_in_an_empty_profile_writes_nothing(tmp_path, ring):
    _vault(tmp_path, ring).forget("a")
    assert not (tmp_path / "vault").exists()
    assert not ring.kept


def test_sees_what_another_process_wrote(tmp_path, ring):
    first, second = _vault(tmp_path, ring), _vault(tmp_path, ring)
    first.save("a", b"1")
    assert second.load("a") == b"1"
    second.save("a", b"2")
    second.save("b", b"3")
    assert first.load("a") == b"2"
    first.save("c", b"4")
    assert second.load("b") == b"3"
    assert second.load("c") == b"4"


def test_writers_at_the_same_time_lose_nothing(tmp_path, ring):
    vaults = [_vault(tmp_path, ring) for _ in range(4)]
    vaults[0].save("start", b"x")

    def write(number):
        for turn in range(5):
            vaults[number].save(f"{number}-{turn}", b"%d" % turn)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fresh = _vault(tmp_path, ring)
    assert all(fresh.load(f"{n}-{t}") == b"%d" % t for n in range(4) for t in range(5))


@pytest.mark.parametrize("where", ["head", "nonce", "tail", "cut", "empty"])
def test_a_damaged_file_is_refused_and_untouched(tmp_path, ring, where):
    _vault(tmp_path, ring).save("a", SECRET)
    path = tmp_path / "vault"
    raw = bytearray(path.read_bytes())
    newline = raw.index(b"\n")
    match where:
        case "head":
            raw[0] ^= 1
        case "nonce":
            raw[newline + 3] ^= 1
        case "tail":
            raw[-1] ^= 1
        case "cut":
            del raw[-8:]
        case "empty":
            raw.clear()
    path.write_bytes(raw)
    with pytest.raises(VaultUnavailable) as caught:
        _vault(tmp_path, ring).load("a")
    assert _reason(caught) == "damaged"
    assert path.read_bytes() == bytes(raw)


@pytest.mark.expects_log("auth: the vault could not be opened")
def test_saving_over_a_damaged_file_keeps_it_aside(tmp_path, ring):
    _vault(tmp_path, ring).save("a", SECRET)
    path = tmp_path / "vault"
    broken = path.read_bytes()[:-4] + b"\0\0\0\0"
    path.write_bytes(broken)
    vault = _vault(tmp_path, ring)
    vault.save("b", b"new")
    [aside] = tmp_path.glob("vault.unreadable-*")
    assert aside.read_bytes() == broken
    assert vault.load("b") == b"new"
    assert vault.load("a") is None


@pytest.mark.expects_log("auth: the vault could not be opened")
def test_a_lost_key_is_said_and_a_new_sign_in_begins_a_new_vault(tmp_path, ring):
    _vault(tmp_path, ring).save("a", SECRET)
    ring.kept.clear()
    vault = _vault(tmp_path, ring)
    with pytest.raises(VaultUnavailable) as caught:
        vault.load("a")
    assert _reason(caught) == "key_lost"
    vault.save("b", b"new")
    assert len(list(tmp_path.glob("vault.unreadable-*"))) == 1
    assert _vault(tmp_path, ring).load("b") == b"new"


def test_a_locked_keyring_never_begins_a_new_vault(tmp_path, ring):
    _vault(tmp_path, ring).save("a", SECRET)
    before = (tmp_path / "vault").read_bytes()
    locked = _vault(tmp_path, LockedRing())
    for act in (lambda: locked.load("a"), lambda: locked.save("b", b"x")):
        with pytest.raises(VaultUnavailable) as caught:
            act()
        assert _reason(caught) == "keyring_locked"
    assert (tmp_path / "vault").read_bytes() == before


def test_a_keyring_that_cannot_keep_is_said(tmp_path):
    with pytest.raises(VaultUnavailable) as caught:
        _vault(tmp_path, RefusingRing()).save("a", SECRET)
    assert _reason(caught) == "keyring_failed"
    assert not (tmp_path / "vault").exists()


def test_no_keyring_is_said(tmp_path):
    with pytest.raises(VaultUnavailable) as caught:
        _vault(tmp_path, keyring.backends.fail.Keyring()).save("a", SECRET)
    assert _reason(caught) == "no_keyring"


def test_a_plaintext_keyring_is_refused(tmp_path):
    plain = type("PlaintextKeyring", (MemoryRing,), {"__module__": "keyrings.alt.file"})()
    with pytest.raises(VaultUnavailable) as caught:
        _vault(tmp_path, plain).save("a", SECRET)
    assert _reason(caught) == "plaintext_keyring"
    assert not plain.kept


def test_a_passphrase_seals_and_opens(tmp_path):
    path = tmp_path / "vault"
    SealedVault(path=path, key=PassphraseKey(lambda: "correct horse")).save("a", SECRET)
    opened = SealedVault(path=path, key=PassphraseKey(lambda: "correct horse"))
    assert opened.load("a") == SECRET
    before = path.read_bytes()
    wrong = SealedVault(path=path, key=PassphraseKey(lambda: "wrong"))
    for act in (lambda: wrong.load("a"), lambda: wrong.save("b", b"x")):
        with pytest.raises(VaultUnavailable) as caught:
            act()
        assert _reason(caught) == "wrong_passphrase"
    assert path.read_bytes() == before


def test_a_passphrase_is_derived_once_per_session(tmp_path):
    asked = []

    def ask():
        asked.append(1)
        return "correct horse"

    vault = SealedVault(path=tmp_path / "vault", key=PassphraseKey(ask))
    vault.save("a", SECRET)
    vault.save("b", SECRET)
    assert vault.load("a") == SECRET
    assert len(asked) == 1


def test_memory_vault_keeps_nothing_on_disk(tmp_path):
    vault = MemoryVault()
    vault.save("a", SECRET)
    assert vault.load("a") == SECRET
    vault.forget("a")
    assert vault.load("a") is None


def _chosen(tmp_path, mode, **more):
    more.setdefault("endpoints", Settings().endpoints)
    return ChosenVault(directory=tmp_path, profile_id="p", mode=mode, **more)


def test_auto_takes_the_keyring(tmp_path, ring):
    vault = _chosen(tmp_path, VaultMode.AUTO, keyring_backend=lambda: ring)
    vault.save("a", SECRET)
    assert vault.describe() == "keyring"
    assert ring.kept


def test_auto_without_keyring_takes_a_passphrase_that_is_at_hand(tmp_path, monkeypatch):
    with pytest.raises(VaultUnavailable) as caught:
        _chosen(tmp_path, VaultMode.AUTO).save("a", SECRET)
    assert _reason(caught) == "no_keyring"
    monkeypatch.setenv("POSTRIDER_VAULT_PASSPHRASE", "correct horse")
    _chosen(tmp_path, VaultMode.AUTO).save("a", SECRET)
    assert _chosen(tmp_path, VaultMode.AUTO).load("a") == SECRET
    assert _chosen(tmp_path, VaultMode.AUTO).describe() == "passphrase"


def test_a_missing_keyring_is_known_before_anything_is_kept(tmp_path):
    with pytest.raises(VaultUnavailable) as caught:
        _chosen(tmp_path, VaultMode.KEYRING).load("a")
    assert _reason(caught) == "no_keyring"


def test_auto_goes_on_with_what_sealed_the_file(tmp_path, ring, monkeypatch):
    monkeypatch.setenv("POSTRIDER_VAULT_PASSPHRASE", "correct horse")
    _chosen(tmp_path, VaultMode.PASSPHRASE).save("a", SECRET)
    later = _chosen(tmp_path, VaultMode.AUTO, keyring_backend=lambda: ring)
    assert later.load("a") == SECRET
    assert later.describe() == "passphrase"


@pytest.mark.expects_log("auth: the vault could not be opened")
def test_another_kind_of_key_is_said_and_the_old_file_kept(tmp_path, ring):
    _chosen(tmp_path, VaultMode.KEYRING, keyring_backend=lambda: ring).save("a", SECRET)
    before = (tmp_path / "vault").read_bytes()
    other = _chosen(tmp_path, VaultMode.PASSPHRASE, ask_passphrase=lambda: "x")
    for act in (lambda: other.load("a"), lambda: other.forget("a")):
        with pytest.raises(VaultUnavailable) as caught:
            act()
        assert _reason(caught) == "other_key_kind"
    assert (tmp_path / "vault").read_bytes() == before
    other.save("a", b"y")
    [aside] = tmp_path.glob("vault.unreadable-*")
    assert aside.read_bytes() == before


def test_a_key_beside_the_vault_is_for_the_sandbox_only(tmp_path):
    with pytest.raises(VaultUnavailable) as caught:
        _chosen(tmp_path, VaultMode.FILE_KEY).save("a", SECRET)
    assert _reason(caught) == "file_key_not_sandbox"
    _chosen(tmp_path, VaultMode.FILE_KEY, endpoints=SANDBOX).save("a", SECRET)
    assert _chosen(tmp_path, VaultMode.AUTO, endpoints=SANDBOX).load("a") == SECRET
    with pytest.raises(VaultUnavailable):
        _chosen(tmp_path, VaultMode.AUTO).load("a")


def test_a_key_file_is_private(tmp_path):
    key, _ = FileKey(tmp_path / "deep" / "vault.key").mint()
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / "deep" / "vault.key").stat().st_mode) == 0o600


def test_the_session_mode_writes_nothing(tmp_path):
    vault = _chosen(tmp_path, VaultMode.SESSION)
    vault.save("a", SECRET)
    assert vault.load("a") == SECRET
    assert vault.describe() == "session"
    assert not list(tmp_path.iterdir())


_WRITER = """
import sys
from pathlib import Path
from app.auth.filelock import locked
from app.auth.vault import SealedVault
from app.auth.vault_keys import FileKey
folder, name = Path(sys.argv[1]), sys.argv[2]
for turn in range(10):
    SealedVault(path=folder / "vault", key=FileKey(folder / "key")).save(f"{name}-{turn}", b"x")
"""


def test_processes_share_one_vault(tmp_path):
    children = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path), name]) for name in "abc"
    ]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    vault = SealedVault(path=tmp_path / "vault", key=FileKey(tmp_path / "key"))
    assert all(vault.load(f"{name}-{turn}") == b"x" for name in "abc" for turn in range(10))


def test_a_lock_that_is_never_freed_is_said(tmp_path):
    with (
        locked(tmp_path / "lock"),
        pytest.raises(TimeoutError),
        locked(tmp_path / "lock", timeout_s=0.05),
    ):
        pass


def test_a_disk_that_refuses_is_said_and_the_old_file_stays(tmp_path, ring):
    vault = _vault(tmp_path, ring)
    vault.save("a", SECRET)
    before = (tmp_path / "vault").read_bytes()
    blocked = _vault(tmp_path / "vault", ring)
    with pytest.raises(VaultUnavailable) as caught:
        blocked.save("a", b"x")
    assert _reason(caught) == "unwritable"
    assert (tmp_path / "vault").read_bytes() == before
