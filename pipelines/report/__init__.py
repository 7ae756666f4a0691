"""Pages for people, each made again from what a run folder holds and from that alone."""
