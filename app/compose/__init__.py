"""Writing one message: the draft being edited, its autosave, its attachments. No Qt, no network."""
