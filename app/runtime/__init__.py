"""What every part runs on: bus, cancel token, clock, executors, logs, single instance. No Qt here."""
