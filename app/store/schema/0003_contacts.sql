CREATE TABLE contact (
    uid TEXT PRIMARY KEY,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    company TEXT NOT NULL,
    title TEXT NOT NULL,
    phone TEXT NOT NULL,
    emails TEXT NOT NULL,
    extras TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    haystack TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX contact_by_external_id ON contact (external_id) WHERE external_id <> '';
CREATE INDEX contact_by_name ON contact (sort_key);

-- One contact an address: that is what an import finds it by.
CREATE TABLE contact_email (
    key TEXT PRIMARY KEY,
    contact_uid TEXT NOT NULL REFERENCES contact (uid) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_email_by_contact ON contact_email (contact_uid);

CREATE TABLE deal (
    uid TEXT PRIMARY KEY,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    amount TEXT,
    currency TEXT NOT NULL,
    stage TEXT NOT NULL,
    company TEXT NOT NULL,
    closes_on TEXT,
    contact_uids TEXT NOT NULL,
    extras TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    haystack TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX deal_by_external_id ON deal (external_id) WHERE external_id <> '';
CREATE INDEX deal_by_name ON deal (name_key);

CREATE TABLE deal_contact (
    contact_uid TEXT NOT NULL,
    deal_uid TEXT NOT NULL REFERENCES deal (uid) ON DELETE CASCADE,
    PRIMARY KEY (contact_uid, deal_uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX deal_contact_by_deal ON deal_contact (deal_uid);

-- The outbox of the timelines: fed from outbound_history, whose numbers only grow, so that sending
-- writes nothing for it and a crash at any point leaves only work to be done again.
CREATE TABLE timeline_cursor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO timeline_cursor (one, seq) VALUES (1, 0);

CREATE TABLE timeline_pending (
    record_uid TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The key is the promise: each mail once on each timeline.
CREATE TABLE timeline_entry (
    kind TEXT NOT NULL,
    context_type TEXT NOT NULL,
    uid TEXT NOT NULL,
    record_uid TEXT NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    subject TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    provider TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (kind, context_type, uid, record_uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX timeline_by_time ON timeline_entry (kind, context_type, uid, at DESC);
