"""Subject prefixes of replies and forwards in the languages mail has. Pure.

Prefixes never stack: whatever stands in front (several, numbered, in another language) is replaced by
one. Clients differ on a reply to a forward; like Outlook and Mailspring we replace there too, because
a stack tells the reader nothing and Gmail and Outlook ignore prefixes of either kind when they group.
"""

from __future__ import annotations

import re

# Words as localised mail programs write them, and no others: a word of the subject itself ("Ref: 12",
# "At: noon") taken for a prefix would part the answer from its conversation. VS is "answer" in
# Finnish and "forward" in Norwegian, so the two lists are stripped alike.
_REPLY_WORDS = (
    "re res resp rif rép r aw antw antwort sv vs ynt odp odpověď odg atb bls vá válasz отв ответ"
    " відп απ σχετ trả-lời 回复 回覆 答复 答覆 返信 회신 답장 رد השב תשובה תגובה ตอบกลับ"
)
_FORWARD_WORDS = (
    "fw fwd fs tr rv enc wg vb vl i pd przek doorst ilt i̇lt yml trs továbbítás пересл πρθ"
    " 转发 轉發 轉寄 転送 전달 إعادة-توجيه הועבר ส่งต่อ"
)
_COLON = r"[:：﹕]"
_COUNT = r"(?:\s?[\[(（]\s?\d{1,3}\s?[\])）]|\^\d{1,3}|\*\d{1,3})?"


def _pattern(*lists: str) -> re.Pattern[str]:
    words = sorted({w for words in lists for w in words.split()}, key=len, reverse=True)
    spelled = "|".join(re.escape(w).replace(r"\-", r"\s") for w in words)
    return re.compile(rf"\s*(?:{spelled}){_COUNT}\s?{_COLON}\s*", re.IGNORECASE)


_ANY_PREFIX = _pattern(_REPLY_WORDS, _FORWARD_WORDS)
_BLANKS = re.compile(r"\s+")


def bare_subject(subject: str) -> str:
    """Give the subject without any reply or forward prefix, on one line."""
    subject = _BLANKS.sub(" ", subject).strip()
    position = 0
    # Each match ends further right, so this is linear however many prefixes are stacked.
    while match := _ANY_PREFIX.match(subject, position):
        position = match.end()
    return subject[position:]


def reply_subject(subject: str) -> str:
    """Give the subject of an answer."""
    return f"Re: {bare_subject(subject)}".rstrip()


def forward_subject(subject: str) -> str:
    """Give the subject of a forward."""
    return f"Fwd: {bare_subject(subject)}".rstrip()
