"""The profile's own files: SQLite database, blobs, lease. The only place that imports sqlite3."""
