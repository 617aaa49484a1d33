"""Which pages, and which parts of a page, are one document: `group_pages`.

- `regions`: where on a page there may be documents of their own, by paper between them and by the layout reader;
- `identity`: what a part says of its holder and its document, and whether two parts can be the same;
- `documents`: the groups;
- `pairing`: the same for many files, of which each is a side of some document.

What is not surely of the same document is kept apart: a field must never come from another holder's document.
"""

from extractor.grouping.documents import Group, group_pages
from extractor.grouping.identity import Identity, identity_of
from extractor.grouping.pairing import paired_sides

__all__ = ["Group", "Identity", "group_pages", "identity_of", "paired_sides"]
