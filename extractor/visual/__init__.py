"""The visual zone: which words of a page are which field's value, and what they mean."""
