"""The documented examples of the three dialects, with names of nobody. Pure data."""

from __future__ import annotations

from typing import Any

REQUESTS: dict[str, dict[str, Any]] = {
    "send_workspace": {
        "a message": {
            "to": "jane@example.com",
            "subject": "Follow-up on our meeting",
            "body_html": "<p>Hi Jane, thanks for meeting with us today.</p>",
            "contact_id": "123e4567-e89b-12d3-a456-426614174000",
        }
    },
    "send_mailbox": {
        "a message": {
            "from": "ops@acme.example",
            "to": ["jamie.lee@example.com"],
            "subject": "Weekly report",
            "body": "Hi Jamie — attaching this week's report.",
            "isHtml": False,
        }
    },
    "send_account": {
        "a draft": {"draft_uid": "3c90c3cc-0d44-4b50-8888-8dd25736052a"},
        "a fresh message": {
            "from_account_id": "3c90c3cc-0d44-4b50-8888-8dd25736052a",
            "to": ["customer@example.com"],
            "cc": ["accounting@mycompany.example"],
            "subject": "Invoice INV-2024-001 - Payment Reminder",
            "body_text": "Hi,\n\nThis is a friendly reminder...",
            "body_html": "<html><body><p>Hi,</p><p>This is a friendly reminder...</p></body></html>",
            "context_type": "invoice",
            "context_id": "7f1cf1f8-6f0b-4d0c-9a55-6f0f4d1f7f10",
            "idempotency_key": "reminder-inv-2024-001-attempt-1",
        },
        "a reply": {
            "to": ["customer@example.com"],
            "subject": "RE: Invoice INV-2024-001 - Payment Reminder",
            "body_html": "<p>Following up here…</p>",
            "reply_to_message_uid": "5b1c1f58-2f0b-4d0c-8a55-6f0f4d1f7f11",
        },
    },
}
RESPONSES: dict[str, Any] = {
    "send_workspace": {
        "data": {
            "id": "18c9a4b2e7ff21aa",
            "thread_id": "18c9a4b2e7ff21aa",
            "provider": "gmail",
            "status": "sent",
            "sent_at": "2026-04-17T10:22:11Z",
        }
    },
    "send_mailbox": {
        "message": {
            "_id": "8d0f6f7e-0f38-43c3-9a5f-0d4a0f0e4a01",
            "organizationId": "64ee9a8b-1e7f-4a00-8122-334400000001",
            "conversationId": "cv_NjRlZTlhOGIKMTkwMmE5ZjNjNGIxZTBkNQ",
            "userId": "64ee9a8b-1e7f-4a00-8122-334400000002",
            "channelType": "email",
            "isIncoming": False,
            "isInternal": False,
            "status": "delivered",
            "body": "Hi Jamie — attaching this week's report.",
            "attachments": [],
            "createdAt": "2026-05-18T12:34:56.000Z",
            "updatedAt": "2026-05-18T12:34:56.000Z",
        },
        "conversationId": "cv_NjRlZTlhOGIKMTkwMmE5ZjNjNGIxZTBkNQ",
        "threadId": "1902a9f3c4b1e0d5",
    },
    "send_account": {
        "outbound_email_uid": "9a3c1f58-2f0b-4d0c-8a55-6f0f4d1f7f12",
        "provider_message_id": "18abc123def",
        "provider_thread_id": "18abc123def",
        "status": "sent",
        "sent_at": "2024-03-25T10:30:00Z",
    },
}
