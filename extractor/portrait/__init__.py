"""The faces and the signature on a document: where they are, cut out and upright."""
