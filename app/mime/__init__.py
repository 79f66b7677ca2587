"""Addresses, headers, MIME and HTML of mail: pure functions over text and bytes."""
