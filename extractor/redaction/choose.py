"""What is to be blacked out: everything but some fields, or some fields only; presets for usual copies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from extractor.errors import UsageError

#: Parts of a document that are no fields. Ghost portraits go with the portrait.
PARTS = frozenset({"portrait", "signature", "mrz", "barcodes"})
#: What says only what kind of document it is; nobody is known by it.
PUBLIC = frozenset({"document_type", "issuing_country"})


@dataclass(frozen=True)
class Choice:
    """`only` false: everything is blacked out but `names`; true: only `names` are."""

    names: frozenset[str]
    only: bool = False

    def hides(self, name: str) -> bool:
        """Whether a field or part is to be blacked out."""
        return name in self.names if self.only else name not in self.names | PUBLIC


#: What is kept or hidden for a purpose.
PRESETS: Mapping[str, Choice] = {
    # Is the holder old enough, and is it the holder?
    "age-check": Choice(frozenset({"birth_date", "expiry_date", "portrait"})),
    "address-proof": Choice(
        frozenset({"surname", "given_names", "name", "address", "issue_date", "expiry_date", "authority"})
    ),
    # The copy that the Dutch data protection authority advises: without citizen service number and photograph. The
    # number stands in the MRZ and in barcodes, too.
    "dutch-copy": Choice(frozenset({"personal_number", "portrait", "signature", "mrz", "barcodes"}), only=True),
}


def choice_of(
    fields: Collection[str],
    *,
    keep: Iterable[str] | None = None,
    hide: Iterable[str] | None = None,
    preset: str | None = None,
) -> Choice:
    """The choice that a caller's arguments make for a document with these `fields`. Raises UsageError."""
    if sum(given is not None for given in (keep, hide, preset)) > 1:
        raise UsageError("give one of keep, hide and preset")
    if preset is not None:
        if preset not in PRESETS:
            raise UsageError(f"the presets are {', '.join(PRESETS)}")
        choice = PRESETS[preset]
        if preset == "dutch-copy" and "personal_number" not in fields:
            # Of documents whose own number is the holder's, such as Chinese identity cards.
            choice = Choice(choice.names | {"document_number"}, only=True)
        return choice
    names = frozenset([keep] if isinstance(keep, str) else keep or ()) | frozenset(
        [hide] if isinstance(hide, str) else hide or ()
    )
    unknown = sorted(names - PARTS - PUBLIC - frozenset(fields))
    if unknown:
        raise UsageError(f"{', '.join(unknown)}: no such part here; there are {', '.join(sorted({*PARTS, *fields}))}")
    if hide is not None and not names:
        raise UsageError("name what is to be hidden")
    return Choice(names, only=hide is not None)
