"""The loopback HTTP door to the same outbox: three dialects, one core. No Qt, no adapters."""
