"""The composer window and its parts. Speaks to the program through `host.ComposerHost` only."""
