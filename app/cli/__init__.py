"""The command line: one user of the core among others. No Qt, no adapters."""
