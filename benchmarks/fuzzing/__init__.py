"""Mutated inputs for every parser, and a watched process that runs the commands on them."""
