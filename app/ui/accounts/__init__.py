"""The accounts: what is connected, connecting more, signing in again, removing."""
