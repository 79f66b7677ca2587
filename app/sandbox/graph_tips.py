"""MailTips: what Exchange knows of recipients before a message is sent.

`recipient_tips` of the settings says what is known of whom, in the words of the mailTips resource;
people of the sender's own organisation are internal, all others external.
"""

from __future__ import annotations

from typing import Any

from app.sandbox.graph_api import READ, context, graph_route, read_json
from app.sandbox.graph_errors import bad_request, refuse
from app.sandbox.wire import Response, json_response
from app.sandbox.world import Call

MOST_RECIPIENTS = 100
OPTIONS = {
    "automaticReplies": "automaticReplies",
    "customMailTip": "customMailTip",
    "deliveryRestriction": "deliveryRestricted",
    "externalMemberCount": "externalMemberCount",
    "mailboxFullStatus": "mailboxFull",
    "maxMessageSize": "maxMessageSize",
    "moderationStatus": "isModerated",
    "recipientScope": "recipientScope",
    "recipientSuggestions": "recipientSuggestions",
    "totalMemberCount": "totalMemberCount",
}


def get_mail_tips(call: Call) -> Response:
    """Answer about each recipient, in the order they were asked about."""
    values = read_json(call)
    addresses, options = values.get("EmailAddresses"), values.get("MailTipsOptions")
    if not isinstance(addresses, list) or not addresses or not isinstance(options, str):
        raise bad_request("EmailAddresses and MailTipsOptions are required.")
    if len(addresses) > MOST_RECIPIENTS:
        raise refuse(400, "ErrorInvalidRequest", "Too many recipients.")
    wanted = [one.strip() for one in options.split(",")]
    unknown = [one for one in wanted if one not in OPTIONS]
    if unknown:
        raise refuse(400, "BadRequest", f"Requested value '{unknown[0]}' was not found.")
    rows = [_tips(call, str(address), [OPTIONS[one] for one in wanted]) for address in addresses]
    return json_response({**context(call, "Collection(microsoft.graph.mailTips)"), "value": rows})


def _tips(call: Call, address: str, wanted: list[str]) -> dict[str, Any]:
    known = call.sandbox.settings.recipient_tips.get(address.casefold(), {})
    shown: dict[str, Any] = {"emailAddress": {"name": "", "address": address}}
    if "error" in known:
        return {**shown, "error": known["error"]}
    is_inside = address.casefold().partition("@")[2] == call.account.partition("@")[2]
    usual: dict[str, Any] = {
        "automaticReplies": {"message": ""},
        "mailboxFull": False,
        "deliveryRestricted": False,
        "isModerated": False,
        "recipientScope": "internal" if is_inside else "external",
        "totalMemberCount": 1,
        "externalMemberCount": 0 if is_inside else 1,
        "maxMessageSize": 37_748_736,
    }
    values = {**usual, **known}
    return {**shown, **{name: values[name] for name in wanted if name in values}}


ROUTES = [
    graph_route("POST", "/getMailTips", "getMailTips", ("tips",), READ, get_mail_tips),
]
