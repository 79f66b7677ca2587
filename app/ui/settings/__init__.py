"""The settings: looks and sending, the accounts, the local API with its keys."""
