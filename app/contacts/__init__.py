"""People and opportunities: importing, finding, what was sent to them, and the fields of a text."""
