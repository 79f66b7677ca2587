"""Finds the conversation an order is to continue, by what its dialect said of it. Blocking."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.conversations.answering import Answering, by_headers

if TYPE_CHECKING:
    from app.conversations.answering import Target
    from app.gateway.order import ThreadOrder
    from app.services import Services


def find_reply(order: ThreadOrder, services: Services) -> Target:
    """Find what a reply continues.

    Raises:
        DraftRejected: something could not be resolved.
        ProviderError, SignInError: the provider could not be asked and nothing is known here.
    """
    answering = Answering(
        conversations=services.conversations,
        records=services.records,
        threads=services.gateway.threads,
        accounts=services.accounts,
    )
    if order.message_uid:
        return answering.message(order.message_uid, order.field)
    if not order.thread_id:
        return by_headers(order.in_reply_to or order.references[-1], order.references)
    found = answering.thread(order.thread_id, order.field)
    if not (order.in_reply_to or order.references):
        return found
    context = replace(
        found.context,
        message_id=order.in_reply_to or found.context.message_id,
        references=order.references or found.context.references,
    )
    return replace(found, context=context)
