-- When a sign-in ends by itself, if the provider said so (Google: clients in Testing, time-based access).
ALTER TABLE account ADD COLUMN ends_at TEXT;
