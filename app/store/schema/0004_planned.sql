-- When a message was to go out, and who keeps it until then: this computer or the provider.
ALTER TABLE outbound ADD COLUMN planned_at TEXT;
ALTER TABLE outbound ADD COLUMN keeper TEXT NOT NULL DEFAULT 'computer';
UPDATE outbound SET planned_at = due_at WHERE state = 'scheduled' AND reason = 'scheduled';
