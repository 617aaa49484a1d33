"""The visual zone: captions and values on a page, tied to fields."""
