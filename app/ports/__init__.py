"""What the core asks of its adapters, written from the caller's need. Protocols and plain values only.

Methods that do I/O may raise the AppErrors named; none may be called on the GUI thread.
"""

from app.ports.carrying import (
    Carriage,
    Carrier,
    ConversationPage,
    ConversationSource,
    Evidence,
    MailboxInfo,
    Provider,
    ProviderDraft,
    ProviderFactory,
    Verdict,
)
from app.ports.local import (
    AccountStore,
    Blob,
    BlobStore,
    BlobWriter,
    ConversationStore,
    DraftStore,
    Enqueued,
    KeyClaim,
    Lease,
    OutboxPlans,
    OutboxStore,
    OutboxView,
    Usage,
    Waiting,
)
from app.ports.sign_in import (
    SignedIn,
    SignIn,
    SignInFlow,
    SignInPrompt,
    TokenSource,
    Vault,
)
from app.ports.time import (
    Clock,
    Ids,
)

__all__ = [
    "AccountStore",
    "Blob",
    "BlobStore",
    "BlobWriter",
    "Carriage",
    "Carrier",
    "Clock",
    "ConversationPage",
    "ConversationSource",
    "ConversationStore",
    "DraftStore",
    "Enqueued",
    "Evidence",
    "Ids",
    "KeyClaim",
    "Lease",
    "MailboxInfo",
    "OutboxPlans",
    "OutboxStore",
    "OutboxView",
    "Provider",
    "ProviderDraft",
    "ProviderFactory",
    "SignIn",
    "SignInFlow",
    "SignInPrompt",
    "SignedIn",
    "TokenSource",
    "Usage",
    "Vault",
    "Verdict",
    "Waiting",
]
