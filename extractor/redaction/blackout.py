"""`redact`: blacks out pixels, and reads the copy again to check that nothing hidden can still be read.

Where everything but some fields is hidden, all text goes, read or not, except captions and what is kept. Where only
some fields are hidden, they go wherever they stand: where they were read, and wherever else their values are printed.
The result is read again; what still can be read is blacked out too, and what cannot be got rid of is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from extractor.errors import RedactionError, UsageError
from extractor.extraction import Extraction, FieldEvidence, SourceKind
from extractor.imaging.codes import code_like, read_codes
from extractor.imaging.geometry import apply
from extractor.imaging.given import as_it_was_read, images_of, own_pages
from extractor.imaging.seen import SeenLine, SeenPage
from extractor.redaction import places
from extractor.redaction.choose import Choice, choice_of
from extractor.redaction.values import Form, find, forms_of
from extractor.schemas.vocabulary import VOCABULARY, Kind

if TYPE_CHECKING:
    from PIL.Image import Image

    from extractor.portrait.cutouts import Cutout

#: Portraits and signatures are hidden with this margin, as a share of their shorter side.
_AROUND = 0.12
#: How often the result is read again and blacked out further.
_ROUNDS = 3
#: Fields that stand on the side of a document that has a portrait.
_HOLDERS = ("surname", "given_names", "name")


@dataclass(frozen=True)
class Redaction:
    """The pages on which the document lies, upright as a viewer shows them and in all their pixels, with what is hidden
    in black; and the names of the fields and parts that are hidden."""

    pictures: tuple[Image, ...]
    hidden: tuple[str, ...]


def redact(
    result: Extraction[Any],
    keep: Iterable[str] | None = None,
    *,
    hide: Iterable[str] | None = None,
    preset: str | None = None,
) -> Redaction:
    """The document with everything blacked out but `keep`, or only what `hide` names, or as a `preset` says
    (`extractor.redaction.PRESETS`).

    Names are fields of the result, `portrait` (with its ghosts), `signature`, `mrz` and `barcodes`. Without any,
    everything goes. What only says the kind of document (its title, captions, the state) stays.

    Raises UsageError for unknown names, RedactionError where something could not be found: nothing is left out
    silently.
    """
    if not isinstance(result, Extraction):
        raise UsageError(f"redact takes what extract() gives, not {type(result).__name__}")
    choice = choice_of(list(result.fields), keep=keep, hide=hide, preset=preset)
    return _Redacting(result, choice).done()


class _Redacting:
    def __init__(self, result: Extraction[Any], choice: Choice) -> None:
        self._result, self._choice = result, choice
        pictures = images_of(result, full_size=True)
        # Of other pages nothing leaves: they show what is somebody else's.
        self._pictures = {page: pictures[page] for page in own_pages(result)}
        self._as_read = {page: as_it_was_read(result, page, one)[0] for page, one in self._pictures.items()}
        self._hidden = {name: one for name, one in result.fields.items() if choice.hides(self._field(name))}
        self._kept = {name: one for name, one in result.fields.items() if name not in self._hidden}
        self._masks = {page: np.zeros(image.shape[:2], np.uint8) for page, image in self._as_read.items()}
        self._spared: dict[int, np.ndarray] = {}
        self._lost: list[str] = []

    def _field(self, name: str) -> str:
        """The plain field that a path of a schema is read as: `holder.surname` hides with `surname`."""
        return (
            name
            if name in VOCABULARY or name not in self._result.mapping
            else (self._result.mapping[name].field or name)
        )

    def done(self) -> Redaction:
        from PIL import Image as images

        self._hide_others()
        self._spare()
        self._hide_parts()
        self._hide_text()
        self._check_found()
        self._look_again()
        if self._lost:
            raise RedactionError(tuple(dict.fromkeys(self._lost)))
        made = [images.fromarray(self._blacked(page)) for page in self._pictures]
        parts = [part for part in ("portrait", "signature", "mrz", "barcodes") if self._choice.hides(part)]
        return Redaction(tuple(made), tuple(dict.fromkeys([*self._hidden, *parts])))

    def _blacked(self, page: int) -> np.ndarray:
        import cv2

        picture = self._pictures[page].copy()
        mask = self._masks[page]
        if mask.shape != picture.shape[:2]:
            size = (picture.shape[1], picture.shape[0])
            larger = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
            mask = np.asarray(cv2.dilate(larger, np.ones((3, 3), np.uint8)), np.uint8)
        picture[mask > 0] = 0
        return picture

    def _black(self, page: int, quads: Iterable[np.ndarray], share: float | None = None) -> None:
        import cv2

        for quad in quads:
            wide = places.grown(quad) if share is None else places.grown(quad, share)
            cv2.fillPoly(self._masks[page], [np.round(wide).astype(np.int32)], 255)

    def _black_around(self, page: int, corners: np.ndarray) -> None:
        """Hides a picture with its margin, which leaves out text that stays: a caption beside it keeps its letters."""
        before = self._masks[page].copy()
        self._black(page, [corners], _AROUND)
        self._masks[page][(self._spared[page] > 0) & (before == 0)] = 0
        self._black(page, [corners], 0.0)

    def _hide_others(self) -> None:
        """All of a page that shows several documents but the part where this one lies."""
        import cv2

        for page, mask in self._masks.items():
            part = np.zeros_like(mask)
            for box in self._result.regions:
                if box.page == page:
                    cv2.fillPoly(part, [np.round(np.array(box.points)).astype(np.int32)], 255)
            mask[part == 0] = 255

    def _spare(self) -> None:
        """What stays even where everything else goes: captions, titles, and where kept fields were read."""
        for page in self._pictures:
            kept = places.of_fields(self._kept.values(), page)
            if not self._choice.hides("mrz"):
                kept += places.of_zones(self._result.seen, page)
            self._spared[page] = self._covered(page, [*kept, *places.of_captions(self._result.seen, page)])

    def _covered(self, page: int, quads: Iterable[np.ndarray]) -> np.ndarray:
        """255 where a page is covered by `quads`, each with its margin."""
        import cv2

        mask = np.zeros_like(self._masks[page])
        for quad in quads:
            cv2.fillPoly(mask, [np.round(places.grown(quad)).astype(np.int32)], 255)
        return mask

    def _hide_text(self) -> None:
        forms = self._forms()
        for page, mask in self._masks.items():
            if not self._choice.only:
                pictures = mask.copy()
                self._black(page, places.of_all_text(self._result.seen, page))
                # A kept portrait keeps what is stamped over it; hidden values there are looked for afterwards.
                kept = [np.array(one.box.points) for one in self._cutouts(hidden=False) if one.box.page == page]
                mask[((self._spared[page] | self._covered(page, kept)) > 0) & (pictures == 0)] = 0
            self._black(page, places.of_fields(self._hidden.values(), page))
            if self._choice.only:
                self._black(page, places.of_values(self._result.seen, page, forms))

    def _forms(self) -> dict[Form, str]:
        """How hidden values may be written, each with its field. What a kept field says as well is no secret, but for
        numbers: one that is printed again may have been read as another number."""
        kept = {form for name, one in self._kept.items() if not self._is_number(name) for form in forms_of(one)}
        return {form: name for name, one in self._hidden.items() for form in forms_of(one) if form not in kept}

    def _is_number(self, name: str) -> bool:
        spec = VOCABULARY.get(self._field(name))
        return spec is not None and spec.kind is Kind.NUMBER

    def _hide_parts(self) -> None:
        for page, image in self._as_read.items():
            if self._choice.hides("mrz"):
                self._black(page, places.of_zones(self._result.seen, page), 0.3)
            if self._hides_codes():
                text = np.array(places.of_all_text(self._result.seen, page)).reshape(-1, 4, 2)
                codes = [code.corners for code in read_codes(image, damaged=True)]
                self._black(page, [*codes, *code_like(image, text)], 0.06)
        for one in self._cutouts(hidden=True):
            self._black_around(one.box.page, np.array(one.box.points))
        if self._choice.hides("portrait"):
            self._hide_faces()

    def _hide_faces(self) -> None:
        """Hides what else may show the holder's face, and looks whether a face is left."""
        from extractor.portrait.cutouts import faces_left, flat_documents, traces_of
        from extractor.portrait.faces import SURE

        fronts = self._fronts()
        sure = {one.box.page for one in self._result.cutouts if one.kind != "signature" and one.score >= SURE}
        if fronts and not fronts & sure:
            self._lost.append("portrait")
        documents = flat_documents(self._result, self._as_read)
        left = traces_of(documents)
        for _ in range(_ROUNDS):
            for page, corners in left:
                self._black_around(page, corners)
            shown = {page: self._hidden_so_far(page) for page in self._as_read}
            if not (left := faces_left(self._result, documents, shown)):
                return
        self._lost.append("portrait")

    def _hides_codes(self) -> bool:
        """Whether barcodes go: one may hold any field that is to be hidden, also where it is not understood here."""
        return self._choice.hides("barcodes") or bool(self._choice.only and self._hidden)

    def _cutouts(self, *, hidden: bool) -> list[Cutout]:
        """Portrait, ghosts and signature, those that are hidden or those that are kept; not looked for in vain."""
        if not any(self._choice.hides(kind) == hidden for kind in ("portrait", "signature")):
            return []
        return [
            one
            for one in self._result.cutouts
            if self._choice.hides("portrait" if one.kind == "ghost" else one.kind) == hidden
        ]

    def _fronts(self) -> set[int]:
        """The pages that say in print who the holder is: such a side has a portrait."""
        read = (self._result.fields.get(name) for name in _HOLDERS)
        sources = [source for one in read if one for source in one.sources if source.kind is SourceKind.VISUAL]
        return {source.box.page for source in sources if source.box}

    def _hidden_so_far(self, page: int) -> np.ndarray:
        """A page as it was read, with what is black until now."""
        image = self._as_read[page].copy()
        image[self._masks[page] > 0] = 0
        return image

    def _check_found(self) -> None:
        """Hidden values that stand nowhere that is known."""
        for name, one in self._hidden.items():
            if one.value is None or self._is_placed(one):
                continue
            forms = forms_of(one)
            if not any(find(forms, line.text) for part in self._result.seen for line in part.lines):
                self._lost.append(name)

    def _is_placed(self, one: FieldEvidence) -> bool:
        if all(source.kind is SourceKind.DERIVED for source in one.sources):
            return True  # concluded, and printed nowhere
        if not self._choice.only:
            return True  # all text is hidden
        in_zone = any(source.kind is SourceKind.MRZ for source in one.sources)
        if in_zone and not self._choice.hides("mrz"):
            return False
        return any(source.box for source in one.sources)

    def _look_again(self) -> None:
        """Reads what was made, and blacks out where hidden values still stand."""
        forms = self._forms()
        for page in self._pictures:
            for turn in range(_ROUNDS):
                left = list(self._still_there(page, forms))
                if not left:
                    break
                self._black(page, [quad for _, quad in left], 0.3)
                if turn == _ROUNDS - 1:
                    self._lost += [name for name, _ in left]

    def _still_there(self, page: int, forms: dict[Form, str]) -> Sequence[tuple[str, np.ndarray]]:
        found = []
        for part in read_again(self._hidden_so_far(page), page, self._issuer()):
            for line in part.lines:
                for form, name in forms.items():
                    for start, end in find([form], line.text):
                        quad = apply(part.to_source, places.part_of(line, start, end))
                        if not self._is_spared(page, quad):
                            found.append((name, quad))
        return found

    def _is_spared(self, page: int, quad: np.ndarray) -> bool:
        """Whether a place lies in what is kept, where a hidden value may stand as a part of a kept one."""
        x, y = (round(float(place)) for place in quad.mean(axis=0))
        height, width = self._spared[page].shape
        return bool(self._spared[page][min(max(y, 0), height - 1), min(max(x, 0), width - 1)])

    def _issuer(self) -> str | None:
        read = self._result.fields.get("issuing_country")
        return read.value if read and isinstance(read.value, str) else None


def read_again(image: np.ndarray, page: int, issuer: str | None) -> list[SeenPage]:
    """The text of a picture, lines that run upwards or downwards too."""
    from extractor.text.page import read_pages
    from extractor.text.scripts import read_other_script

    seen = []
    for one in read_pages(image, page):
        read = read_other_script(one, issuer)
        lines = tuple(SeenLine(line.text, line.score, line.box, line.positions) for line in read.lines)
        upright = (*lines, *_turned(one.image, lines))
        seen.append(SeenPage(page, (one.image.shape[1], one.image.shape[0]), one.to_source, upright, one.boxes))
    return seen


def _turned(image: np.ndarray, lines: Sequence[SeenLine]) -> list[SeenLine]:
    """Standing lines read both ways; each has no places of its characters, so that it counts as a whole."""
    from extractor.imaging.geometry import crop_quad
    from extractor.text import ocr

    found = []
    for line in places.standing(lines):
        crop = crop_quad(image, line.corners)
        for turns in (1, 3):
            (reading,) = ocr.recognise([np.ascontiguousarray(np.rot90(crop, turns))])
            if reading.text.strip():
                found.append(SeenLine(reading.text, reading.score, line.corners, np.full(len(reading.text), 0.5)))
    return found
