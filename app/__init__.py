"""Postrider, a native desktop mail composer."""
