"""Thousands of believable threads, the same in every run, for benches and tests of the index."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from app.domain.address import Address
from app.domain.conversation import MessageHeader, ThreadRef
from app.ports import SyncPage

NOON = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
OWN = Address("ada@acme.example", "Ada Reyes")
_GIVEN = (
    "Jane Raj Lee Ken Nina Sam Olga Zoë Björn Chloé Mateo Ines Priya Tariq Yuki Anna Bea Carl Dora"
    " Emil Fay Gus Hana Ivo Jon Kira Lars Mona Nils Oda Pia Quin Rosa Sven Tove Uma Vera Will Xia"
).split()
_FAMILY = (
    "Doe Patel Chen Tanaka Weber Okafor Novak Öztürk Åberg Müller Garcia Silva Nowak Haddad Sato"
    " Kim Larsen Moreau Rossi Costa Petrov Dvořák Jensen Brown Clark Evans Ford Grant Hill Irwin"
).split()
_WORDS = (
    "pricing renewal contract draft quote invoice demo call intro meeting proposal budget review"
    " security questionnaire pilot rollout onboarding training support ticket upgrade seats license"
    " legal redlines signature order shipment delivery delay refund credit terms discount quarter"
    " forecast pipeline roadmap feature request integration export import migration backup report"
    " dashboard analytics mobile browser partner reseller webinar event booth follow next steps"
    " question answer urgent update status weekly monthly annual plan team manager director office"
    " new old final version changes attached please thanks regards tomorrow today friday monday"
).split()
_COMPANIES = [f"{a}{b}" for a in "north south east west blue red green".split() for b in
              "wind field bridge stone lake ridge point works labs soft".split()]  # fmt: skip
_DENSE = ("契約更新のご相談", "見積書の件", "合同续签问题", "가격 문의드립니다")


class Crowd:
    """People and threads from one seed."""

    def __init__(self, *, people: int = 5_000, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self.people = [self._person(number) for number in range(people)]

    def _person(self, number: int) -> Address:
        given, family = self._random.choice(_GIVEN), self._random.choice(_FAMILY)
        company = self._random.choice(_COMPANIES)
        local = "".join(c for c in f"{given}.{family}".lower() if c.isascii())
        return Address(f"{local}{number}@{company}.example", f"{given} {family}")

    def headers(self, account_uid: str, threads: int, days: int = 180) -> Iterator[MessageHeader]:
        """Give the messages of so many threads, the newest thread first."""
        step = timedelta(days=days) / threads
        for number in range(threads):
            yield from self._thread(account_uid, number, NOON - number * step)

    def _thread(self, account_uid: str, number: int, last_at: datetime) -> Iterator[MessageHeader]:
        chosen = self._random
        subject = " ".join(chosen.choices(_WORDS, k=chosen.randint(2, 6)))
        if number % 50 == 0:
            subject = chosen.choice(_DENSE)
        people = chosen.sample(self.people, k=min(len(self.people), chosen.randint(1, 3)))
        ref = ThreadRef(account_uid, f"thread-{number:06d}")
        for turn in range(chosen.randint(1, 4)):
            is_sent = turn % 2 == 1
            yield MessageHeader(
                ref=ref,
                provider_message_id=f"m-{number:06d}-{turn}",
                sent_at=last_at - timedelta(minutes=30 * turn),
                subject=subject if turn else f"Re: {subject}",
                sender=OWN if is_sent else people[0],
                recipients=tuple(people) if is_sent else (OWN, *people[1:]),
                snippet=" ".join(chosen.choices(_WORDS, k=18)),
                is_sent=is_sent,
            )


class MadeUpSource:
    """A provider's conversations, page by page; then nothing new."""

    def __init__(self, headers: list[MessageHeader], page_size: int = 60) -> None:
        self._headers = headers
        self._page_size = page_size
        self.asked: list[str] = []

    def fetch_changes(self, cursor, *, since, cancel):
        cancel.check()
        self.asked.append(cursor)
        start = json.loads(cursor) if cursor else 0
        end = min(start + self._page_size, len(self._headers))
        return SyncPage(
            headers=tuple(self._headers[start:end]),
            cursor=json.dumps(end),
            has_more=end < len(self._headers),
        )
