"""The demonstration: the real windows, driven as a person would, against a sandbox."""
