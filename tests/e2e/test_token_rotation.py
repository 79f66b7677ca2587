"""Two processes on one profile renew one account's tokens at once: neither loses the sign-in."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from app.runtime.cancel import CancelToken
from tests.support.profile import ADA_GMAIL, NINA_OUTLOOK, environment, open_profile, sign_in
from tests.support.sandbox import sandbox

ROUNDS = 6
# Each renews as fast as it can: after every answer it calls the token stale.
_WORKER = """
import json, os, sys
from pathlib import Path
from app.paths import Paths
from app.wiring import open_services
services = open_services(Paths(Path(os.environ["POSTRIDER_PROFILE"])))
[account] = services.book.list_accounts()
provider = services.book._providers.provider(account)
source = provider._http._tokens
print(json.dumps("ready"), flush=True)
sys.stdin.readline()
token, found = source.token(), []
for _ in range(int(sys.argv[1])):
    token = source.refreshed(token)
    found.append(token)
assert provider.list_conversations(limit=1).conversations
services.close()
print(json.dumps(len(set(found))))
"""


@pytest.mark.parametrize("address", [ADA_GMAIL, NINA_OUTLOOK])
def test_two_processes_renew_the_same_account_at_once(tmp_path, address):
    with sandbox(strict_rotation=True) as server:
        with open_profile(tmp_path, server.url) as services:
            sign_in(services, address)
        env = environment(tmp_path, server.url)
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", _WORKER, str(ROUNDS)],
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for one in workers:
            assert one.stdout.readline() == '"ready"\n'
        for one in workers:
            one.stdin.write("\n")
            one.stdin.flush()
        ended = [one.communicate(timeout=60) for one in workers]
        assert [one.returncode for one in workers] == [0, 0], ended
        assert all(json.loads(out) >= 1 for out, _ in ended)
        # What lies in the vault at the end is good: a third program goes on without a sign-in.
        with open_profile(tmp_path, server.url) as services:
            [account] = services.book.list_accounts()
            assert services.conversations.refresh(account.uid, CancelToken()) > 0
