"""Every request our providers make, held against the official Gmail contract and Graph's facts.

The Gmail contract is the discovery document inside google-api-python-client, a test-only library.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from app.domain.account import Capability, ProviderKind
from app.domain.conversation import ThreadRef
from app.domain.draft import ReplyContext, ReplyMode
from app.ports import SyncPage
from app.runtime.cancel import CancelToken
from app.settings import sandbox_endpoints
from tests.support import gmail_contract
from tests.support.carriages import Parcel
from tests.support.recorder import KEPT_BYTES, Recorder
from tests.support.signed_in import Desk

MB = 1024 * 1024
ADDRESS = {
    ProviderKind.GMAIL: "ada@acme.example",
    ProviderKind.MICROSOFT: "nina@fabrikam.example",
}
# Graph v1.0 reference: message, attachment, uploadSession, mailFolder. Of every request its path, the
# permissions of which one is enough, the query options and the properties of its body.
READ = {"Mail.Read", "Mail.ReadWrite"}
WRITE = {"Mail.ReadWrite"}
_LISTING = {"$select", "$filter", "$search", "$orderby", "$top", "$skip", "$expand"}
MESSAGE = {
    *("subject", "body", "toRecipients", "ccRecipients", "bccRecipients", "replyTo", "from"),
    *("sender", "importance", "internetMessageHeaders", "internetMessageId", "attachments"),
    *("singleValueExtendedProperties", "categories", "flag", "isReadReceiptRequested"),
}
FILE = {"@odata.type", "name", "contentType", "contentBytes", "isInline", "contentId"}
ITEM = {"attachmentType", "name", "size", "contentType", "isInline", "contentId"}
TIPS = {
    *("automaticReplies", "customMailTip", "deliveryRestriction", "externalMemberCount"),
    *("mailboxFullStatus", "maxMessageSize", "moderationStatus", "recipientScope"),
    *("recipientSuggestions", "totalMemberCount"),
}
_ONE = r"/me/messages/[^/]+"
_REPLY = {"message", "comment", "toRecipients"}
GRAPH = {
    ("GET", r"/me"): ({"User.Read"}, {"$select"}, set()),
    ("POST", r"/me/messages"): (WRITE, set(), MESSAGE),
    ("GET", r"/me/messages"): (READ, _LISTING, set()),
    ("GET", _ONE): (READ, {"$select", "$expand"}, set()),
    ("PATCH", _ONE): (WRITE, set(), MESSAGE),
    ("DELETE", _ONE): (WRITE, set(), set()),
    ("POST", _ONE + "/(createReply|createReplyAll|createForward)"): (WRITE, set(), _REPLY),
    ("POST", _ONE + "/send"): ({"Mail.Send"}, set(), set()),
    ("GET", _ONE + "/attachments"): (READ, _LISTING, set()),
    ("POST", _ONE + "/attachments"): (WRITE, set(), FILE),
    ("GET", _ONE + r"/attachments/[^/]+/\$value"): (READ, set(), set()),
    ("DELETE", _ONE + "/attachments/[^/]+"): (WRITE, set(), set()),
    ("POST", _ONE + "/attachments/createUploadSession"): (WRITE, set(), {"AttachmentItem"}),
    ("GET", r"/me/mailFolders/(drafts|sentitems)/messages"): (READ, _LISTING, set()),
    ("POST", r"/me/getMailTips"): (READ, set(), {"EmailAddresses", "MailTipsOptions"}),
    ("GET", r"/me/mailFolders/(inbox|sentitems)/messages/delta"): (
        READ,
        {"$select", "$filter", "$orderby", "$top", "$skiptoken", "$deltatoken"},
        set(),
    ),
}


@pytest.fixture
def recorder(server):
    with Recorder(server.url) as running:
        yield running


@pytest.fixture
def desk(server, recorder):
    """Sign in and work through the recorder."""
    return Desk.at(server, endpoints=sandbox_endpoints(recorder.url))


def answer(provider, kind, ref, mode):
    latest = provider.fetch_latest(ref)
    reply = ReplyContext(
        ref=ref,
        mode=mode,
        provider_message_id=latest.provider_message_id,
        message_id=latest.message_id,
        references=latest.references,
        subject=latest.subject,
    )
    carriage = Parcel(
        sender=ADDRESS[kind], reply=reply, marker=mode.value, files={"a.pdf": b"a"}
    ).carriage()
    provider.find_draft(carriage)
    provider.discard_draft(provider.create_draft(carriage))


def keep_and_take_back(provider, kind):
    """Have the provider keep a message until a moment, ask about it, get it back."""
    parcel = Parcel(sender=ADDRESS[kind], marker="kept")
    carriage = replace(parcel.carriage(), send_at=datetime.now(UTC) + timedelta(hours=1))
    draft = provider.create_draft(carriage)
    provider.send_draft(draft, carriage)
    provider.ask_outcome(draft, carriage, datetime.now(UTC))
    provider.withdraw(draft, carriage)


def story(provider, kind):
    """Do everything a provider can."""
    provider.fetch_tips(["raj@northwind.example"], CancelToken())
    if Capability.DEFER in provider.capabilities:
        keep_and_take_back(provider, kind)
    provider.fetch_mailboxes()
    page = provider.list_conversations(limit=3)
    if page.next_page:
        provider.list_conversations(page=page.next_page, limit=3)
    provider.search_conversations("pricing", limit=3)
    since, step = datetime.now(UTC) - timedelta(days=400), SyncPage(has_more=True)
    while step.has_more:
        step = provider.fetch_changes(step.cursor, since=since, cancel=CancelToken())
    provider.fetch_changes(step.cursor, since=since, cancel=CancelToken())
    for size in (10, MB, 6 * MB):
        parcel = Parcel(sender=ADDRESS[kind], marker=f"m{size}", files={"b.pdf": b"b" * size})
        carriage = parcel.carriage()
        draft = provider.create_draft(carriage)
        provider.ask_outcome(draft, carriage, datetime.now(UTC))
        receipt = provider.send_draft(draft, carriage)
        provider.ask_outcome(draft, carriage, datetime.now(UTC))
        sent = provider.read_back(receipt, carriage)
    original = provider.fetch_latest(ThreadRef("uid", sent.provider_thread_id))
    for file in original.attachments:
        pieces = []
        provider.fetch_attachment(original.provider_message_id, file, pieces.append, CancelToken())
        assert b"".join(pieces) == b"b" * 6 * MB
    for mode in ReplyMode:
        answer(provider, kind, ThreadRef("uid", sent.provider_thread_id), mode)


def scopes_of(server, exchange):
    """Give what the token of the request was granted."""
    return set(server.sandbox.world.tokens[exchange.bearer].scopes)


def body_of(exchange):
    """Give the JSON of a request; nothing for MIME, chunks and empty bodies."""
    kind = exchange.request.headers.get("content-type", "")
    is_json = kind.startswith(("application/json", "multipart/related"))
    return exchange.json() if is_json and exchange.request.body else None


def gmail_method(exchange):
    for verb, pattern, method, uploads in gmail_contract.methods():
        if verb == exchange.method and pattern.match(exchange.path):
            return method, uploads
    raise AssertionError((exchange.method, exchange.path))


def test_gmail_requests_fit_the_discovery_document(server, recorder, gmail):
    story(gmail, ProviderKind.GMAIL)
    seen = set()
    for exchange in recorder.exchanges:
        if "/gmail/v1/" not in exchange.path:
            continue
        if dict(exchange.query).get("upload_id"):
            # A session's address is given by the server; its verb and its range are ours.
            assert exchange.method == "PUT"
            assert re.fullmatch(
                r"bytes (\d+-\d+|\*)/\d+", exchange.request.headers["content-range"]
            )
            continue
        method, uploads = gmail_method(exchange)
        row = {"method": exchange.method, "path": exchange.path}
        row["query"] = urlsplit(exchange.target).query
        assert gmail_contract.violations([row]) == []
        assert scopes_of(server, exchange) & set(method["scopes"]), row
        body = body_of(exchange)
        if body is not None:
            assert gmail_contract.unknown_fields(method["request"]["$ref"], body) == [], row
        if uploads and dict(exchange.query)["uploadType"] == "multipart":
            media = exchange.request.body.split(b"\r\n--", 2)[1]
            assert b"Content-Type: message/rfc822" in media
        if uploads:
            assert exchange.request.headers.get("content-length")
        seen.add(method["id"])
    assert seen >= {
        *("gmail.users.drafts.create", "gmail.users.drafts.send", "gmail.users.drafts.get"),
        *("gmail.users.drafts.list", "gmail.users.drafts.delete", "gmail.users.messages.get"),
        *("gmail.users.messages.list", "gmail.users.settings.sendAs.list"),
        "gmail.users.messages.attachments.get",
    }


def test_graph_requests_fit_the_facts(server, recorder, graph):
    story(graph, ProviderKind.MICROSOFT)
    seen = set()
    for exchange in recorder.exchanges:
        if not exchange.path.startswith("/graph/v1.0"):
            continue
        key, (permissions, options, properties) = graph_facts(exchange)
        assert {name for name, _ in exchange.query} <= options, exchange.target
        granted = {one.rpartition("/")[2] for one in scopes_of(server, exchange)}
        assert granted & permissions, exchange.path
        assert_selected(key, dict(exchange.query).get("$select", ""))
        body = body_of(exchange)
        if body is not None:
            assert set(body) <= properties, (exchange.path, body)
            assert_inner_facts(key, body)
        seen.add(key)
    # The sign-in asks for the profile by itself, without the header.
    calls = [one for one in recorder.exchanges if one.path.startswith("/graph/v1.0/me/")]
    assert all('IdType="ImmutableId"' in one.request.headers["prefer"] for one in calls)
    assert set(GRAPH) - seen == set()


def graph_facts(exchange):
    path = exchange.path.removeprefix("/graph/v1.0")
    for key, facts in GRAPH.items():
        if key[0] == exchange.method and re.fullmatch(key[1], path):
            return key, facts
    raise AssertionError((exchange.method, path))


def assert_selected(key, names):
    """Of a collection of attachments only what all kinds have; a file's own is named with its type."""
    if key[1].endswith("/attachments"):
        of_files = {
            f"microsoft.graph.fileAttachment/{name}" for name in ("contentId", "contentBytes")
        }
        known = {"id", "name", "contentType", "size", "isInline", "lastModifiedDateTime"} | of_files
        assert set(filter(None, names.split(","))) <= known


def assert_inner_facts(key, body):
    """Look into what bodies hold: one body of a message, whole recipients, a file's properties."""
    for name in ("toRecipients", "ccRecipients", "bccRecipients", "replyTo"):
        for one in body.get(name, []):
            assert set(one) == {"emailAddress"}
            assert set(one["emailAddress"]) <= {"address", "name"}
    if "body" in body:
        assert set(body["body"]) == {"contentType", "content"}
        assert body["body"]["contentType"] in {"html", "text"}
    for one in body.get("singleValueExtendedProperties", []):
        assert set(one) == {"id", "value"}
        if one["id"].startswith("SystemTime"):
            # PidTagDeferredSendTime, in UTC; not on the actions that create and send in one.
            assert one["id"] == "SystemTime 0x3FEF"
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one["value"])
            assert key[0] == "PATCH"
    if "EmailAddresses" in body:
        assert 1 <= len(body["EmailAddresses"]) <= 100
        assert set(body["MailTipsOptions"].split(", ")) <= TIPS
    if "AttachmentItem" in body:
        assert set(body["AttachmentItem"]) <= ITEM
        assert body["AttachmentItem"]["size"] >= 3 * MB
        assert body["AttachmentItem"]["attachmentType"] == "file"
    if "message" in body:
        # comment or message.body, not both; only what a reply may change.
        assert "comment" not in body
        assert set(body["message"]) <= MESSAGE
    if key[1].endswith("/attachments"):
        assert body["@odata.type"] == "#microsoft.graph.fileAttachment"


def test_upload_addresses_get_no_token_of_ours(recorder, graph):
    story(graph, ProviderKind.MICROSOFT)
    chunks = [one for one in recorder.exchanges if one.path.startswith("/graph-uploads/")]
    assert chunks
    for exchange in chunks:
        assert "authorization" not in exchange.request.headers
        if exchange.method == "PUT":
            assert int(exchange.request.headers["content-length"]) < 4 * MB


def test_a_mime_draft_is_standard_base64_as_plain_text(recorder, graph):
    story(graph, ProviderKind.MICROSOFT)
    drafts = [
        one
        for one in recorder.exchanges
        if one.method == "POST"
        and one.path == "/graph/v1.0/me/messages"
        and one.request.headers["content-type"] == "text/plain"
    ]
    assert drafts
    for exchange in drafts:
        assert re.fullmatch(rb"[A-Za-z0-9+/]+={0,2}", exchange.request.body)
        assert int(exchange.request.headers["content-length"]) < 4 * MB


def test_answers_of_the_sandbox_fit_the_discovery_document(recorder, gmail):
    story(gmail, ProviderKind.GMAIL)
    looked = 0
    for exchange in recorder.exchanges:
        if "/gmail/v1/" not in exchange.path or exchange.answer is None:
            continue
        if not exchange.answer.line.split()[1].startswith("2") or not exchange.answer.body:
            continue
        if len(exchange.answer.body) >= KEPT_BYTES:
            continue  # a large file, of which the recorder keeps the beginning
        if dict(exchange.query).get("upload_id"):
            schema = "Draft"
        else:
            schema = gmail_method(exchange)[0]["response"]["$ref"]
        found = json.loads(exchange.answer.body)
        assert gmail_contract.unknown_fields(schema, found) == [], exchange.path
        looked += 1
    assert looked > 20
