"""Pixels and places: knows nothing of news, clocks or the command line."""
