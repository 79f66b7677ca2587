-- Who may call the loopback gateway. The secret itself is nowhere: only its SHA-256.
CREATE TABLE api_key (
    uid TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL,
    permissions TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    last_used_at TEXT
) STRICT, WITHOUT ROWID;

-- One row an idempotency key in use: written before anything is enqueued, so that a crash between
-- the enqueue and the answer leaves the claim by which the record is found again.
CREATE TABLE api_answer (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    claim TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    status INTEGER,
    headers TEXT,
    body BLOB,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_answer_by_end ON api_answer (expires_at);

CREATE TABLE api_use (
    key_uid TEXT NOT NULL,
    day TEXT NOT NULL,
    sends INTEGER NOT NULL,
    PRIMARY KEY (key_uid, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_file (
    key TEXT PRIMARY KEY,
    owner_uid TEXT NOT NULL,
    filename TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Messages of conversations that were shown to a caller, by the id they were shown under.
CREATE TABLE api_message (
    uid TEXT PRIMARY KEY,
    account_uid TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    owner_address TEXT NOT NULL,
    provider_message_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    ancestors TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX outbound_by_draft ON outbound (draft_uid);
CREATE INDEX conversation_by_thread ON conversation (thread_id);
CREATE INDEX original_by_thread ON original (thread_id);
CREATE INDEX outbound_by_thread ON outbound (json_extract(receipt, '$.provider_thread_id'))
    WHERE receipt IS NOT NULL;
