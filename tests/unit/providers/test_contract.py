"""Every request our providers make, held against the official Gmail contract and Graph's facts.

The Gmail contract is the discovery document inside google-api-python-client, a test-only library.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from importlib.resources import files
from urllib.parse import parse_qs

import pytest

from app.domain.account import ProviderKind
from app.domain.conversation import ThreadRef
from app.domain.draft import ReplyContext, ReplyMode
from tests.support.carriages import Parcel

MB = 1024 * 1024
ADDRESS = {
    ProviderKind.GMAIL: "ada@acme.example",
    ProviderKind.MICROSOFT: "nina@fabrikam.example",
}
# v1.0 reference: message, attachment, uploadSession, mailFolder; the query options each takes.
_READING = {"$select", "$filter", "$search", "$orderby", "$top", "$skip", "$expand"}
GRAPH = {
    ("GET", r"/me"): {"$select"},
    ("POST", r"/me/messages"): set(),
    ("GET", r"/me/messages"): _READING,
    ("GET", r"/me/messages/[^/]+"): {"$select", "$expand"},
    ("PATCH", r"/me/messages/[^/]+"): set(),
    ("DELETE", r"/me/messages/[^/]+"): set(),
    ("POST", r"/me/messages/[^/]+/(createReply|createReplyAll|createForward)"): set(),
    ("POST", r"/me/messages/[^/]+/send"): set(),
    ("GET", r"/me/messages/[^/]+/attachments"): _READING,
    ("POST", r"/me/messages/[^/]+/attachments"): set(),
    ("DELETE", r"/me/messages/[^/]+/attachments/[^/]+"): set(),
    ("POST", r"/me/messages/[^/]+/attachments/createUploadSession"): set(),
    ("GET", r"/me/mailFolders/(drafts|sentitems)/messages"): _READING,
}


def methods_of(resources):
    for resource in resources.values():
        yield from resource.get("methods", {}).values()
        yield from methods_of(resource.get("resources", {}))


@pytest.fixture(scope="module")
def gmail_contract():
    source = files("googleapiclient").joinpath("discovery_cache/documents/gmail.v1.json")
    document = json.loads(source.read_text(encoding="utf-8"))
    found = []
    for method in methods_of(document["resources"]):
        query = {n for n, p in method["parameters"].items() if p["location"] == "query"}
        enums = {n: p["enum"] for n, p in method["parameters"].items() if "enum" in p}
        uploads = method.get("mediaUpload", {}).get("protocols", {}).values()
        paths = [(f"/{method['path']}", query)]
        paths += [(one["path"], query | {"uploadType", "upload_id"}) for one in uploads]
        for path, allowed in paths:
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
            found.append((method["httpMethod"], re.compile(pattern), allowed, enums))
    return found


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


def story(provider, kind):
    """Do everything a provider can."""
    provider.fetch_mailboxes()
    page = provider.list_conversations(limit=3)
    if page.next_page:
        provider.list_conversations(page=page.next_page, limit=3)
    provider.search_conversations("pricing", limit=3)
    for size in (10, MB, 6 * MB):
        parcel = Parcel(sender=ADDRESS[kind], marker=f"m{size}", files={"b.pdf": b"b" * size})
        carriage = parcel.carriage()
        draft = provider.create_draft(carriage)
        provider.ask_outcome(draft, carriage, datetime.now(UTC))
        receipt = provider.send_draft(draft, carriage)
        provider.ask_outcome(draft, carriage, datetime.now(UTC))
        sent = provider.read_back(receipt, carriage)
    for mode in ReplyMode:
        answer(provider, kind, ThreadRef("uid", sent.provider_thread_id), mode)


def test_gmail_requests_fit_the_discovery_document(server, gmail, gmail_contract):
    story(gmail, ProviderKind.GMAIL)
    seen = set()
    for row in server.control.requests():
        if "/gmail/" not in row["path"]:
            continue
        query = parse_qs(row["query"])
        if "upload_id" in query:
            # A session's URL is given by the server; only its verb is ours.
            assert row["method"] == "PUT"
            continue
        fits = [
            (allowed, enums)
            for method, pattern, allowed, enums in gmail_contract
            if method == row["method"] and pattern.fullmatch(row["path"])
        ]
        assert fits, (row["method"], row["path"])
        allowed, enums = fits[0]
        assert set(query) <= allowed, (row["path"], query)
        for name, values in query.items():
            assert set(values) <= set(enums.get(name, values)), (row["path"], name, values)
        seen.add(row["operation"])
    assert len(seen) > 8


def test_graph_requests_fit_the_facts(server, graph):
    story(graph, ProviderKind.MICROSOFT)
    seen = set()
    for row in server.control.requests():
        path = row["path"]
        if not path.startswith("/graph/v1.0"):
            continue
        fits = [
            (pattern, options)
            for (method, pattern), options in GRAPH.items()
            if method == row["method"] and re.fullmatch(pattern, path.removeprefix("/graph/v1.0"))
        ]
        assert fits, (row["method"], path)
        assert set(parse_qs(row["query"])) <= fits[0][1], (path, row["query"])
        seen.add(fits[0][0])
    assert {pattern for _, pattern in GRAPH} - seen == set()
