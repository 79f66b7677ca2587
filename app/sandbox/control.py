"""The control over a sandbox: what was delivered, faults to order, settings, consents.

`GET /control` answers this page.

Reading
  GET  /control/deliveries            one row per send a provider accepted (what "twice" is counted on),
                                      with the complaints a strict receiver would have
  GET  /control/delivered             one row per copy that reached a recipient; ?recipient= &since=
                                      (both: raw=no leaves the bytes out)
  GET  /control/contacts              the people the seeded conversations are with
  GET  /control/mailboxes             accounts with the messages in each mailbox
  GET  /control/requests              the request log, without secrets; ?operation= &since= (number)
  GET  /control/faults                orders that were given, with their hits
  GET  /control/settings              see below
  GET  /control/devicecodes           device codes with their state

Ordering
  POST /control/faults                one order, or a list of them:
        operation   a group (create_draft, create_reply, update_draft, delete_draft, attach, upload,
                    upload_start, upload_query, send, read_back, read_draft, read_thread, list,
                    profile, aliases, token, refresh, device_token, devicecode, authorize, any)
                    or a full name (gmail.drafts.send, graph.messages.send …)
        kind        refuse_before         close the connection before anything is done
                    drop_after            do it, then close the connection without an answer
                    half_answer           do it, close the connection in the middle of the answer
                    status_before         answer `status`, `headers`, `body` without doing it
                    status_after          do it, then answer `status`
                    reset_body            reset the connection after `after_bytes` of the body
                    stall                 hold for `delay_s`, or until released; `when` before|after
                    throttle              429; `form` seconds|http_date|gmail_text|none, `delay_s`
                    accepted_retry_after  do it, answer 202 with Retry-After
                    wrong_json            answer what is no JSON, or `body`; `when` before|after
                    unauthorized          401, the token stays good
                    revoked               revoke the account's tokens for good, then go on
                    vanish_draft          the draft disappears (on send: before; on create: after)
                    late_sent             the Sent copy appears `delay_s` late
                    keep_message_id       Gmail keeps our Message-ID
                    rewrite_message_id    Exchange replaces it
                    no_immutable_id       the Prefer header is ignored, the handle changes on send
        count       how often (default 1, -1 always); skip: let that many pass first
        provider    gmail | microsoft; account: an address
  DELETE /control/faults              forget all orders
  POST /control/release               release everything that is stalled
  POST /control/settings              any of the settings; line_bytes_per_s makes uploads slow,
                                      clock_ahead_s sets the services' clocks, recipient_tips is
                                      {address: what the mailTips resource says of it}
  POST /control/consent               {provider, account?, unticked?: [], deny?, error?} for the next one
  POST /control/devicecodes/{user_code}/approve|decline|expire   {account?}
  POST /control/accounts/{address}/revoke                        {provider?}
  POST /control/tokens                {provider, account, scopes?: []}: a sign-in without a browser
  POST /control/mail                  {to, raw_base64}: let mail arrive in a sandbox mailbox
  POST /control/reset                 forget everything, seed again
"""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

from app.sandbox import gmail_store, graph_store, mail, transport
from app.sandbox.faults import Fault
from app.sandbox.judge import complaints
from app.sandbox.microsoft_oauth import approve_device, find_device
from app.sandbox.records import Accepted, Delivered, Settings
from app.sandbox.seeds import seeded_people
from app.sandbox.tokens import new_access_token, new_grant, revoke_account
from app.sandbox.world import Sandbox

CLIENT_ID = "sandbox-client"
DEFAULT_SCOPES = {
    "gmail": [
        "openid",
        "https://www.googleapis.com/auth/userinfo.email",
        "https://www.googleapis.com/auth/gmail.compose",
        "https://www.googleapis.com/auth/gmail.readonly",
    ],
    "microsoft": [
        "openid",
        "profile",
        "offline_access",
        "User.Read",
        "Mail.Send",
        "Mail.ReadWrite",
    ],
}


class ControlError(ValueError):
    """The order cannot be carried out; the text says why."""


class Control:
    """The same from Python; every method takes the lock itself."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def deliveries(self, *, with_raw: bool = True) -> list[dict[str, Any]]:
        with self._sandbox.lock:
            self._sandbox.settle()
            accepted = list(self._sandbox.world.accepted)
        return [self._accepted_row(row, with_raw=with_raw) for row in accepted]

    def _accepted_row(self, row: Accepted, *, with_raw: bool) -> dict[str, Any]:
        judged = self._sandbox.judged
        if row.id not in judged:
            judged[row.id] = complaints(row.raw)
        return {**_row(row, with_raw=with_raw), "complaints": judged[row.id]}

    def delivered(
        self, *, recipient: str = "", since: float = 0.0, with_raw: bool = True
    ) -> list[dict[str, Any]]:
        wanted = recipient.casefold()
        with self._sandbox.lock:
            self._sandbox.settle()
            return [
                _row(row, with_raw=with_raw)
                for row in self._sandbox.world.delivered
                if row.received_at >= since and wanted in {"", row.recipient.casefold()}
            ]

    def contacts(self) -> list[dict[str, str]]:
        """Return everybody the seeded conversations are with."""
        return seeded_people()

    def mailboxes(self) -> list[dict[str, Any]]:
        with self._sandbox.lock:
            self._sandbox.settle()
            return [
                *map(self._gmail_row, self._sandbox.world.gmail),
                *map(self._graph_row, self._sandbox.world.graph),
            ]

    def _gmail_row(self, address: str) -> dict[str, Any]:
        box = self._sandbox.world.gmail[address]
        rows = []
        for message in box.messages.values():
            head = mail.head_of(message.raw)
            rows.append(
                {
                    "id": message.id,
                    "thread_id": message.thread_id,
                    "labels": message.labels,
                    "subject": mail.subject_of(head),
                    "message_id": mail.message_id_of(head),
                }
            )
        return {
            "provider": "gmail",
            "address": address,
            "drafts": dict(box.drafts),
            "quota_units": box.quota_units,
            "messages": rows,
        }

    def _graph_row(self, address: str) -> dict[str, Any]:
        rows = [
            {
                "id": item.id,
                "immutable_id": item.immutable_id,
                "folder": item.folder,
                "is_draft": item.is_draft,
                "conversation_id": item.conversation_id,
                "subject": item.subject,
                "message_id": item.internet_message_id,
            }
            for item in self._sandbox.world.graph[address].items.values()
        ]
        return {"provider": "microsoft", "address": address, "messages": rows}

    def requests(self, *, operation: str = "", since: int = 0) -> list[dict[str, Any]]:
        with self._sandbox.lock:
            rows = list(self._sandbox.requests)
        return [row for row in rows if row["n"] > since and operation in {"", row["operation"]}]

    def fault(self, operation: str, kind: str, **more: Any) -> Fault:
        return self._sandbox.faults.add({"operation": operation, "kind": kind, **more})

    def faults(self) -> list[dict[str, Any]]:
        return self._sandbox.faults.listing()

    def clear_faults(self) -> None:
        self._sandbox.faults.clear()
        self.release()

    def release(self) -> int:
        """Let go what is stalled; returns how many requests that were."""
        self._sandbox.faults.releases += 1
        return self._sandbox.faults.stalled

    @property
    def stalled(self) -> int:
        return self._sandbox.faults.stalled

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings; returns all of them.

        Raises:
            ControlError: there is no such setting.
        """
        known = {field.name for field in dataclasses.fields(Settings)}
        if set(changes) - known:
            raise ControlError(f"settings are: {', '.join(sorted(known))}")
        with self._sandbox.lock:
            for name, value in changes.items():
                setattr(self._sandbox.settings, name, value)
            self._sandbox.changes += 1
            return dataclasses.asdict(self._sandbox.settings)

    def consent(self, provider: str, **order: Any) -> None:
        """Decide the next sign-in beforehand."""
        name = {"google": "gmail", "outlook": "microsoft"}.get(provider, provider)
        if name not in self._sandbox.consents:
            raise ControlError("provider is gmail or microsoft")
        with self._sandbox.lock:
            self._sandbox.consents[name].append(order)

    def device_codes(self) -> list[dict[str, Any]]:
        with self._sandbox.lock:
            return [
                {
                    "user_code": d.user_code,
                    "status": d.status,
                    "account": d.account,
                    "expires_at": d.expires_at,
                }
                for d in self._sandbox.world.devices.values()
            ]

    def device(self, user_code: str, decision: str, *, account: str = "") -> None:
        with self._sandbox.lock:
            device = find_device(self._sandbox, user_code)
            if device is None:
                raise ControlError("no such device code")
            match decision:
                case "approve":
                    approve_device(self._sandbox, device, account)
                case "decline":
                    device.status = "declined"
                case "expire":
                    device.status = "expired"
                case _:
                    raise ControlError("approve, decline or expire")

    def revoke(self, address: str, *, provider: str = "") -> int:
        with self._sandbox.lock:
            self._sandbox.changes += 1
            return revoke_account(self._sandbox, provider, address.casefold())

    def token(self, provider: str, address: str, scopes: list[str] | None = None) -> dict[str, str]:
        """Sign in without a browser; returns access_token, refresh_token and client_id."""
        with self._sandbox.lock:
            account = self._sandbox.account(provider, address)
            if account is None:
                raise ControlError("no such account")
            granted = scopes or DEFAULT_SCOPES[provider]
            grant = new_grant(self._sandbox, account, CLIENT_ID, list(granted))
            self._sandbox.changes += 1
            return {
                "access_token": new_access_token(self._sandbox, grant, list(granted)),
                "refresh_token": grant.refresh_tokens[-1],
                "client_id": CLIENT_ID,
            }

    def receive(self, to: str, raw: bytes) -> str:
        """Let mail arrive; returns the provider's message id."""
        with self._sandbox.lock:
            address = transport.mailbox_of(self._sandbox, to)
            if address in self._sandbox.world.gmail:
                return gmail_store.arrive(self._sandbox, address, raw).id
            if address in self._sandbox.world.graph:
                return graph_store.arrive(self._sandbox, address, raw).immutable_id
        raise ControlError("no such mailbox")

    def reset(self) -> None:
        with self._sandbox.lock:
            self._sandbox.reset()
        self.release()


def _row(row: Accepted | Delivered, *, with_raw: bool) -> dict[str, Any]:
    values = dataclasses.asdict(row)
    raw = values.pop("raw")
    if with_raw:
        values["raw_base64"] = base64.b64encode(raw).decode()
    return values
