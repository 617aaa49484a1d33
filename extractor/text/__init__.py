"""Text on a page: lines with boxes and probabilities, in every script that can be read."""
