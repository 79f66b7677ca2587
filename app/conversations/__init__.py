"""The conversations one may reply into: local index first, the provider for the rest."""
