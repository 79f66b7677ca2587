"""Sending at Graph: accepted with 202, transported and moved to Sent Items some time later."""

from __future__ import annotations

from datetime import datetime
from email.message import Message

from app.sandbox import graph_mime, graph_store, mail, transport
from app.sandbox.graph_errors import bad_request, refuse, too_large
from app.sandbox.graph_view import DEFERRED_SEND
from app.sandbox.records import Account, GraphItem, Timer
from app.sandbox.wire import Response
from app.sandbox.world import Call, Sandbox


def submit(call: Call, item: GraphItem) -> Response:
    """Take an item for sending; refuse what Exchange refuses before it answers."""
    sandbox, box = call.sandbox, call.graph
    if not item.is_draft:
        raise refuse(403, "ErrorInvalidOperation", "The message has already been sent.")
    if item.submitted and sandbox.settings.refuse_second_send:
        raise refuse(409, "ErrorItemSave", "The message is being sent.")
    _check_sender(call, item)
    recipients = _recipients(item)
    kept = _wire(item, sandbox.now(), with_bcc=True)
    if len(kept) > sandbox.settings.mailbox_limit_bytes:
        raise too_large()
    if call.behaves("rewrite_message_id"):
        item.internet_message_id = graph_store.new_message_id(box.address)
        kept = mail.with_header(kept, "Message-ID", item.internet_message_id)
    late = call.behaves("late_sent")
    fresh_handle = bool(call.behaves("no_immutable_id"))
    parcel = transport.Parcel(
        provider="microsoft",
        account=call.account,
        provider_message_id=item.immutable_id,
        thread_id=item.conversation_id,
        kept=kept,
        wire=b"",
        recipients=recipients,
    )
    accepted = transport.accept(sandbox, parcel)
    item.submitted = True
    data = {
        "accepted": accepted.id,
        "recipients": recipients,
        "fresh_handle": fresh_handle,
        "arrive_s": float(late.delay_s or 5.0) if late else 0.0,
    }
    transport_s = 0.0 if late else sandbox.settings.sent_move_delay_s
    wait_s = max(transport_s, _held_until(item) - sandbox.now())
    timer = Timer(
        due_at=0, kind="transport", account=box.address, item_id=item.immutable_id, data=data
    )
    sandbox.later(wait_s, timer)
    graph_store.touch(sandbox, box, item)
    sandbox.settle()
    return Response(status=202)


def _held_until(item: GraphItem) -> float:
    value = item.properties.get(DEFERRED_SEND, "")
    if not value:
        return 0.0
    try:
        return datetime.fromisoformat(value).timestamp()
    except ValueError as error:
        raise bad_request("The value of SystemTime 0x3FEF is no date.") from error


def _check_sender(call: Call, item: GraphItem) -> None:
    own = call.account
    for one in (item.from_, item.sender):
        if one and one.get("address", "").casefold() != own:
            raise refuse(
                403,
                "ErrorSendAsDenied",
                "The user account which was used to submit this request does not have "
                "the right to send mail on behalf of the specified sending account.",
            )
    if not item.from_:
        account = call.sandbox.account("microsoft", own)
        item.from_ = own_address(account)
        item.sender = dict(item.from_)


def own_address(account: Account | None) -> dict[str, str]:
    return {"name": account.name, "address": account.address} if account else {}


def _recipients(item: GraphItem) -> list[str]:
    found = [one.get("address", "") for one in [*item.to, *item.cc, *item.bcc]]
    probe = Message()
    for address in found:
        probe["To"] = f"<{address}>"
    try:
        mail.checked_recipients(probe)
    except mail.InvalidAddresses as error:
        raise refuse(
            400, "ErrorInvalidRecipients", "At least one recipient isn't valid."
        ) from error
    if not found or not all(found):
        raise refuse(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
    return list({address.casefold(): address for address in found}.values())


def _wire(item: GraphItem, at: float, *, with_bcc: bool) -> bytes:
    """Return what goes out: the MIME as given, or what Exchange makes of a JSON draft."""
    if not item.mime:
        return graph_mime.build(item, at, with_bcc=with_bcc)
    raw = item.mime if with_bcc else mail.without_headers(item.mime, "Bcc")
    head = mail.head_of(raw)
    if not head["Message-ID"] or mail.message_id_of(head) != item.internet_message_id:
        raw = mail.with_header(raw, "Message-ID", item.internet_message_id)
    if not head["From"]:
        raw = mail.with_header(raw, "From", graph_mime.from_line(item))
    return raw


def on_transport(sandbox: Sandbox, timer: Timer) -> None:
    """Carry the message out, then move it; a draft deleted meanwhile is not sent."""
    box = sandbox.world.graph[timer.account]
    item = box.items.get(timer.item_id)
    accepted = next((a for a in sandbox.world.accepted if a.id == timer.data["accepted"]), None)
    if item is None or accepted is None:
        if accepted is not None:
            accepted.cancelled = True
        return
    wire = mail.without_headers(accepted.raw, "Bcc")
    transport.carry(
        sandbox,
        transport.Parcel(
            provider="microsoft",
            account=box.address,
            provider_message_id=item.immutable_id,
            thread_id=item.conversation_id,
            kept=accepted.raw,
            wire=wire,
            recipients=list(timer.data["recipients"]),
        ),
    )
    if timer.data["arrive_s"]:
        timer.kind = "arrive"
        sandbox.later(timer.data["arrive_s"], timer)
    else:
        on_arrive(sandbox, timer)


def on_arrive(sandbox: Sandbox, timer: Timer) -> None:
    """Put the item into Sent Items."""
    box = sandbox.world.graph[timer.account]
    item = box.items.get(timer.item_id)
    if item is None or not item.is_draft:
        return
    item.is_draft, item.submitted, item.is_read = False, False, True
    item.sent_at = item.received_at = sandbox.now()
    item.indexed_at = sandbox.now() + sandbox.settings.index_lag_s
    if timer.data["fresh_handle"]:
        graph_store.reissue_immutable_id(box, item)
    graph_store.move(sandbox, box, item, "sentitems")
    later = Timer(due_at=0, kind="drop_x_headers", account=box.address, item_id=item.immutable_id)
    sandbox.later(sandbox.settings.x_header_drop_s, later)


def on_drop_x_headers(sandbox: Sandbox, timer: Timer) -> None:
    """Lose the custom headers of the Sent copy, as Exchange does about a second after a send."""
    item = sandbox.world.graph[timer.account].items.get(timer.item_id)
    if item is not None:
        names = [header["name"] for header in item.x_headers]
        item.x_headers = []
        item.mime = mail.without_headers(item.mime, *names) if item.mime else b""


TIMERS = {"transport": on_transport, "arrive": on_arrive, "drop_x_headers": on_drop_x_headers}
