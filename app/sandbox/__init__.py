"""The sandbox: a stateful loopback stand-in for Google and Microsoft.

It ships with the product ("Try Postrider without an account") and is what trials, demos and tests
talk to. Independent of the rest of the application on purpose: it reads our mail with the standard
library's parser, so that a mistake of our own MIME code cannot hide in it.
"""
