"""Closed classes of English words."""

from __future__ import annotations

from pipelines.claims.wordlists import word_set

DETERMINERS = word_set("things", "determiners")


PREPOSITIONS = word_set("things", "prepositions")


CONJUNCTIONS = word_set("things", "conjunctions")


BE = word_set("things", "be")


AUXILIARIES = word_set("things", "auxiliaries")


PRONOUNS = word_set("things", "pronouns")


COLLECTIVES = word_set("things", "collectives")


ADVERBS = word_set("predicates", "adverbs")
