"""The answers of the layout reader: tags of words and kinds of documents, in the order of the network's classes."""

from __future__ import annotations

from extractor.schemas import SCHEMAS, VOCABULARY

#: Fields that are no text of the visual zone, or never a value of their own.
_NOT_READ = frozenset({"mrz", "signature"})
#: `other`: a value or caption of a field that the vocabulary does not know.
FIELDS: tuple[str, ...] = (*(name for name in VOCABULARY if name not in _NOT_READ), "other")
#: nothing; the title of a document; then the value of each field; then the caption of each field.
NOTHING, TITLE, _VALUES = 0, 1, 2
TAGS: tuple[str, ...] = (
    "nothing",
    "title",
    *(f"{name}" for name in FIELDS),
    *(f"caption of {name}" for name in FIELDS),
)
KINDS: tuple[str, ...] = (*SCHEMAS, "none")
VALUE_TAGS = slice(_VALUES, _VALUES + len(FIELDS))
CAPTION_TAGS = slice(_VALUES + len(FIELDS), _VALUES + 2 * len(FIELDS))


def value_tag(field: str) -> int:
    """The class of words that are `field`'s value."""
    return _VALUES + FIELDS.index(field)


def caption_tag(field: str) -> int:
    """The class of words that are `field`'s caption."""
    return _VALUES + len(FIELDS) + FIELDS.index(field)


def is_value(tag: int) -> bool:
    """Whether a tag is that of some field's value."""
    return VALUE_TAGS.start <= tag < VALUE_TAGS.stop


def is_caption(tag: int) -> bool:
    """Whether a tag is that of some field's caption."""
    return CAPTION_TAGS.start <= tag < CAPTION_TAGS.stop
