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
    SyncPage,
    Verdict,
)
from app.ports.conversations import (
    ConversationStore,
    PeopleStore,
    SyncState,
    SyncStore,
)
from app.ports.local import (
    AccountStore,
    Blob,
    BlobStore,
    BlobWriter,
    DraftStore,
    Enqueued,
    KeyClaim,
    Lease,
    OutboxPlans,
    OutboxStore,
    OutboxView,
    Repaired,
    Usage,
    Waiting,
)
from app.ports.sign_in import (
    Sealer,
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
    "PeopleStore",
    "Provider",
    "ProviderDraft",
    "ProviderFactory",
    "Repaired",
    "Sealer",
    "SignIn",
    "SignInFlow",
    "SignInPrompt",
    "SignedIn",
    "SyncPage",
    "SyncState",
    "SyncStore",
    "TokenSource",
    "Usage",
    "Vault",
    "Verdict",
    "Waiting",
]
