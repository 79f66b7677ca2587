"""Sentences for people: one table per kind of fact, complete and tested complete. Pure; no Qt here.

The rules: say what is, then what to do; no exclamation marks, no jargon. A lost answer is "Not
certain"; an accepted mail is "Accepted by Gmail", never delivered, because nobody knows that.
"""

from __future__ import annotations

from app.domain.texts_account import capability_sentence, state_sentence, vault_sentence
from app.domain.texts_actions import Action, RowWords
from app.domain.texts_errors import ERROR_TEXTS, error_sentence
from app.domain.texts_history import HistoryLine, history_line
from app.domain.texts_problems import PROBLEM_TEXTS, problem_sentence
from app.domain.texts_rows import actions_of, draft_words, row_words
from app.domain.texts_values import (
    clock_text,
    moment_text,
    people_text,
    plural,
    size_text,
    span_text,
    usage_text,
)

__all__ = [
    "ERROR_TEXTS",
    "PROBLEM_TEXTS",
    "Action",
    "HistoryLine",
    "RowWords",
    "actions_of",
    "capability_sentence",
    "clock_text",
    "draft_words",
    "error_sentence",
    "history_line",
    "moment_text",
    "people_text",
    "plural",
    "problem_sentence",
    "row_words",
    "size_text",
    "span_text",
    "state_sentence",
    "usage_text",
    "vault_sentence",
]
