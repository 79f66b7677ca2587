-- Small rendered messages: they become durable with their record, in its own transaction, where a
-- file would need to be synced itself and its folder too. Larger ones are files, as attachments are.
CREATE TABLE spool (
    sha256 TEXT PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;
