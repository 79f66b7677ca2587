"""Adding, renewing and removing accounts: sign-in, mailboxes and the record of both together."""
