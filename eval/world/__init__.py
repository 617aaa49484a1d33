"""`python -m eval.world`: the set of drawn documents in languages that the frozen set has none of; see `drawing`."""
