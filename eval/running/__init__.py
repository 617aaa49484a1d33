"""Running an evaluation: which cells, over which documents, recorded how."""
