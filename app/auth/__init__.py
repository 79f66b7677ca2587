"""Signing in, tokens and the vault that seals them. The only place for msal, google-auth and keyring."""
