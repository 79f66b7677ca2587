"""The Debian set-up script: silent when nothing is missing, one sentence when it may not install."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.support.sources import ROOT

SCRIPT = ROOT / "packaging" / "debian-setup.sh"
TOOLS = ("sh", "basename", "cat", "dirname", "grep", "mktemp", "rm")


class Machine:
    """A PATH of its own, whose dpkg-query, id and apt-get answer as told."""

    def __init__(self, directory):
        self._bin = directory
        for tool in TOOLS:
            (directory / tool).symlink_to(shutil.which(tool))
        self.answer("uname", "echo Linux")
        self.answer("id", "echo 1000")
        (directory / "python3").symlink_to(sys.executable)

    def answer(self, tool, script):
        path = self._bin / tool
        path.unlink(missing_ok=True)
        path.write_text(f"#!{shutil.which('sh')}\n{script}\n")
        path.chmod(0o755)

    def run(self):
        return subprocess.run(
            ["sh", SCRIPT],
            env={"PATH": str(self._bin), "PYTHON": sys.executable},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_nothing_is_said_when_nothing_is_missing(machine):
    machine.answer("dpkg-query", "echo ii")

    done = machine.run()

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_root_one_sentence_names_the_one_command(machine):
    machine.answer("dpkg-query", "exit 1")
    machine.answer("sudo", "exit 1")

    done = machine.run()

    assert done.returncode == 1
    assert done.stdout == ""
    assert "libegl1" in done.stderr
    assert done.stderr.rstrip().endswith(f"sudo sh {SCRIPT}")
    assert done.stderr.count("\n") == 1


def test_without_sudo_the_command_is_one_that_works_without_it(machine):
    machine.answer("dpkg-query", "exit 1")

    assert f"su -c 'sh {SCRIPT}'" in machine.run().stderr


def test_missing_fonts_are_said_and_stop_nothing(machine):
    machine.answer("dpkg-query", "case $3 in fonts-*) exit 1;; *) echo ii;; esac")

    done = machine.run()

    assert done.returncode == 0
    assert "fonts-noto-cjk" in done.stdout


def test_root_installs_exactly_what_is_missing(machine, tmp_path):
    log = tmp_path / "calls"
    machine.answer("id", "echo 0")
    machine.answer("dpkg-query", "case $3 in libegl1 | fonts-noto-cjk) exit 1;; *) echo ii;; esac")
    machine.answer("apt-get", f'echo "$@" >>"{log}"')

    done = machine.run()

    assert done.returncode == 0, done.stderr
    update, install = log.read_text().splitlines()
    assert update.endswith("update")
    assert install.endswith("--no-install-recommends libegl1 fonts-noto-cjk")


def test_a_failed_installation_shows_what_apt_said(machine):
    machine.answer("id", "echo 0")
    machine.answer("dpkg-query", "exit 1")
    machine.answer("apt-get", "echo no such mirror; exit 100")

    done = machine.run()

    assert done.returncode == 1
    assert "no such mirror" in done.stderr


def test_a_system_that_is_not_debian_is_told_what_is_needed_and_goes_on(machine):
    done = machine.run()

    assert done.returncode == 0
    assert "package manager" in done.stdout


def test_a_mac_needs_nothing(machine):
    machine.answer("uname", "echo Darwin")

    done = machine.run()

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
