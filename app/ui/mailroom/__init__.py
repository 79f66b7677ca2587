"""The Mailroom: what waits, what is planned, what is being written, what was accepted."""
