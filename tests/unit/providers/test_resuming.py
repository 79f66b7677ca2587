"""Uploads that go on: after a crash, after their session ended, with files of one name."""

from __future__ import annotations

import os
from base64 import b64decode
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from app.domain.account import ProviderKind
from app.domain.errors import Throttled, Unavailable
from tests.support.carriages import Parcel

MB = 1024 * 1024
GMAIL, MICROSOFT = ProviderKind.GMAIL, ProviderKind.MICROSOFT
ADDRESSES = {GMAIL: "ada@acme.example", MICROSOFT: "nina@fabrikam.example"}
BOTH = pytest.mark.parametrize("kind", [GMAIL, MICROSOFT])


class Attempt:
    """One attempt after another at the same message, each with what the one before wrote down."""

    def __init__(self, provider, parcel):
        self.provider, self.parcel, self.state = provider, parcel, ""

    def carriage(self):
        return replace(
            self.parcel.carriage(), upload_state=self.state, save_upload_state=self._save
        )

    def _save(self, state):
        self.state = state

    def create(self):
        return self.provider.create_draft(self.carriage())

    def finish(self):
        carriage = self.carriage()
        found = self.provider.find_draft(carriage)
        draft = found or self.provider.create_draft(carriage)
        return self.provider.send_draft(draft, carriage)


def attempt(provider, kind, *sizes):
    names = [f"file{number}.pdf" for number in range(len(sizes))]
    files = {name: os.urandom(size) for name, size in zip(names, sizes, strict=True)}
    return Attempt(provider, Parcel(sender=ADDRESSES[kind], files=files))


def puts(server):
    return [
        row["content_range"]
        for row in server.control.requests()
        if row["method"] == "PUT" and "*" not in row.get("content_range", "*")
    ]


def begun(server):
    rows = server.control.requests()
    starts = ("uploadType=resumable", "createUploadSession")
    asked = [row["query"] + row["path"] for row in rows if row["method"] == "POST"]
    return sum(any(start in one for start in starts) for one in asked)


def assert_arrived(server, tried):
    [row] = server.control.deliveries()
    message = message_from_bytes(b64decode(row["raw_base64"]), policy=policy.default)
    files = [(one.get_filename(), one.get_content()) for one in message.iter_attachments()]
    assert sorted(files) == sorted(tried.parcel.files.items())


@BOTH
def test_the_next_attempt_goes_on_where_this_one_broke_off(server, either, kind):
    tried = attempt(either, kind, 9 * MB)
    server.control.fault("upload", "throttle", skip=2, delay_s=600)
    with pytest.raises(Throttled):
        tried.create()
    assert tried.state
    before = len(puts(server))
    tried.finish()
    assert begun(server) == 1
    assert len(set(puts(server)[before:]) & set(puts(server)[:2])) == 0
    assert_arrived(server, tried)


def test_files_that_are_on_the_draft_are_not_added_again(server, graph):
    tried = attempt(graph, MICROSOFT, 1000, 4 * MB, 2000, 4 * MB)
    server.control.fault("upload", "throttle", skip=3, delay_s=600)
    with pytest.raises(Throttled):
        tried.create()
    tried.finish()
    assert_arrived(server, tried)
    asked = [row["operation"] for row in server.control.requests()]
    assert asked.count("graph.attachments.create") == 2
    assert asked.count("graph.messages.create") == 1


@BOTH
def test_a_session_that_is_over_is_begun_anew(server, either, kind):
    tried = attempt(either, kind, 9 * MB)
    server.control.fault("upload", "throttle", skip=1, delay_s=600)
    with pytest.raises(Throttled):
        tried.create()
    server.sandbox.uploads.clear()
    tried.finish()
    assert begun(server) == 2
    assert_arrived(server, tried)


@pytest.mark.parametrize("status", [401, 404, 416])
def test_outlooks_session_that_ends_on_the_way_is_begun_anew_at_once(server, graph, status):
    tried = attempt(graph, MICROSOFT, 9 * MB)
    server.control.fault("upload", "status_before", skip=1, status=status)
    tried.finish()
    assert begun(server) == (1 if status == 416 else 2)
    assert_arrived(server, tried)


def test_gmails_session_that_ends_on_the_way_is_left_to_the_next_attempt(server, gmail):
    tried = attempt(gmail, GMAIL, 9 * MB)
    server.control.fault("upload", "status_before", skip=1, status=404)
    with pytest.raises(Unavailable):
        tried.create()
    assert tried.state == ""
    tried.finish()
    assert_arrived(server, tried)


def test_a_draft_that_was_deleted_meanwhile_is_made_again(server, graph):
    tried = attempt(graph, MICROSOFT, 9 * MB)
    server.control.fault("upload", "throttle", skip=1, delay_s=600)
    with pytest.raises(Throttled):
        tried.create()
    [draft] = [
        one
        for box in server.control.mailboxes()
        for one in box["messages"]
        if one.get("is_draft") and one["subject"] == tried.parcel.content.subject
    ]
    server.sandbox.world.graph[ADDRESSES[MICROSOFT]].items.pop(draft["immutable_id"])
    tried.finish()
    assert_arrived(server, tried)


@BOTH
def test_a_note_about_other_bytes_is_not_believed(server, either, kind):
    tried, other = attempt(either, kind, 9 * MB), attempt(either, kind, 9 * MB)
    server.control.fault("upload", "throttle", skip=1, delay_s=600)
    with pytest.raises(Throttled):
        tried.create()
    other.state = tried.state
    other.finish()
    assert_arrived(server, other)


@BOTH
def test_a_note_that_cannot_be_read_begins_anew(server, either, kind):
    tried = attempt(either, kind, 9 * MB)
    tried.state = "nonsense"
    tried.finish()
    assert_arrived(server, tried)


def test_two_files_of_one_name_with_a_lost_last_answer_arrive_once_each(server, graph):
    tried = attempt(graph, MICROSOFT, 4 * MB, 4 * MB)
    first, second = tried.parcel.content.attachments
    same = replace(second, filename=first.filename)
    content = replace(tried.parcel.content, attachments=(first, same))
    tried.parcel.content = content
    server.control.fault("graph.uploadSession", "drop_after", skip=3)
    tried.finish()
    [row] = server.control.deliveries()
    assert row["raw_base64"]
    item = next(
        one
        for one in server.sandbox.world.graph[ADDRESSES[MICROSOFT]].items.values()
        if one.subject == content.subject
    )
    assert [one.name for one in item.attachments] == [first.filename] * 2
    assert {one.data for one in item.attachments} == set(tried.parcel.files.values())
