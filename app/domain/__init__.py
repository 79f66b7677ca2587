"""Values, rules, errors and events. Pure: imports nothing of ours and nothing that does I/O."""
