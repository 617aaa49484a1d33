"""One training example of the small model, from a seed: a page on its sheet, what it is asked, what it must answer.

A sample is drawn in a worker process as plain arrays of fixed sizes, so that it crosses to the trainer through shared
memory: the picture as it lies (`training.nano.sheets`), where characters stand on the views, and two sequences of ids,
one asking with hints and one without. Negative ids are rows of the picture's features (`targets.picture_rows`).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from extractor.phi3v import Phi3VProcessor
from extractor.phi3v.image_processing import TILE
from extractor.schemas import SCHEMAS
from extractor.synthesis import draw, draw_text
from extractor.synthesis.draw import DrawnPage
from extractor.training.nano.catalogue import CataloguePages
from extractor.training.nano.checkpoint import HINT_BYTES, NUM_CROPS
from extractor.training.nano.designs import POOL, design
from extractor.training.nano.hints import simulated_hints
from extractor.training.nano.sheets import GRID, HEIGHT, WIDTH, TiledSheet, lay
from extractor.training.nano.targets import answer_ids, answer_text, picture_rows, question
from extractor.training.nano.tokenizer import alphabet

#: Views of a sheet, the coarse one included.
VIEWS = GRID[0] * GRID[1] + 1
#: Tokens of a sequence without and with hints, of the answer in it, and characters whose places are kept.
PLAIN, HINTED, ANSWER, CHARACTERS = 1424, 2176, 320, 512
#: Share of documents that are asked for some of their fields only, in any order, and for those of another schema.
_SOME_FIELDS, _OTHER_SCHEMA = 0.12, 0.05
_NAMES = ("document", "card", "identity", "holder", "person", "paper", "my_document", "customer")
_TEXT_LANGUAGES = ("en", "en", "en", "zh", "zh", "zh", "ru")
#: Characters that are learned at their positions; 0 is any other.
CLASSES: Mapping[str, int] = {c: number for number, c in enumerate(alphabet(), start=1) if not c.isspace()}
CLASS_COUNT = -(-(max(CLASSES.values()) + 1) // 64) * 64


@dataclass(frozen=True)
class PictureSample:
    """`image` (HEIGHT, WIDTH, 3) uint8; `shape` (4,): rows, columns, whether it lies transposed, margin; `glyphs`
    (CHARACTERS, 4) int16: view, x, y on it, class, -1 where there is none; `plain` (PLAIN,) and `hinted` (HINTED,)
    int16 sequences, and `spans` (2, 2): where each one's answer begins and how long the sequence is (0 where there is
    none)."""

    image: np.ndarray
    shape: np.ndarray
    glyphs: np.ndarray
    plain: np.ndarray
    hinted: np.ndarray
    spans: np.ndarray


@dataclass
class SampleMaker:
    """Draws samples. `processor` is the model's own: prompts and answers are made with it. `catalogue_share` of the
    documents are of the catalogue of the world's documents, the others of designs made up at random."""

    processor: Phi3VProcessor
    num_crops: int = NUM_CROPS
    catalogue_share: float = 0.0
    _before: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)

    def document(self, rng: random.Random) -> PictureSample:
        """A sample from a made-up document."""
        of_catalogue = rng.random() < self.catalogue_share
        while True:
            page = self._catalogue.draw(rng) if of_catalogue else draw(design(rng), rng.getrandbits(40))
            sheet = lay(page.image, page.lines, page.centres, rng, self.num_crops)
            if sheet is not None and (sample := self.sample(page, sheet, rng)) is not None:
                return sample

    def text(self, rng: random.Random) -> PictureSample:
        """A page full of lines, for its characters alone."""
        size = (WIDTH, HEIGHT)
        page = draw_text(POOL, rng.getrandbits(40), size=size, languages=_TEXT_LANGUAGES)
        sheet = TiledSheet(page.image, *GRID, False, 0, page.centres)
        glyphs = _glyphs(sheet, page.characters, rng)
        shape = np.array(sheet.shape, np.int16)
        return PictureSample(page.image, shape, glyphs, _ids([], PLAIN), _ids([], HINTED), np.zeros((2, 2), np.int16))

    def sample(self, page: DrawnPage, sheet: TiledSheet, rng: random.Random) -> PictureSample | None:
        """The sample of a page that lies on a sheet; None if its answer is longer than any should be."""
        asked, fields = self._asked(page, rng)
        answer = answer_ids(self.processor.tokenizer, answer_text(fields, page.fields))
        if len(answer) > ANSWER:
            return None
        rows, columns = sheet.true_tiles
        spans = np.zeros((2, 2), np.int16)
        sequences = []
        hints = simulated_hints(page, rng, HINT_BYTES)
        for number, (own, room) in enumerate(((None, PLAIN), (hints, HINTED))):
            text = question(self.processor, SCHEMAS[page.schema], hints=own)
            start, prompt = self._prompt(text.replace(self._usual(page.schema), asked), rows, columns)
            ids = [*start, *prompt, *answer]
            if len(ids) <= room:
                spans[number] = len(start) + len(prompt), len(ids)
            sequences.append(_ids(ids if len(ids) <= room else [], room))
        if not spans[0, 1]:
            return None
        shape = np.array(sheet.shape, np.int16)
        return PictureSample(
            sheet.image, shape, _glyphs(sheet, page.characters, rng), sequences[0], sequences[1], spans
        )

    @cached_property
    def _catalogue(self) -> CataloguePages:
        return CataloguePages()

    @cached_property
    def _usual_lines(self) -> dict[str, str]:
        return {name: f"{name}: {' '.join(schema.model_fields)}" for name, schema in SCHEMAS.items()}

    def _usual(self, schema: str) -> str:
        """The line of a short prompt that names schema and fields."""
        return self._usual_lines[schema]

    def _asked(self, page: DrawnPage, rng: random.Random) -> tuple[str, list[str]]:
        """The line to ask a page with, and the fields it names."""
        fields, chance = list(SCHEMAS[page.schema].model_fields), rng.random()
        if chance < _OTHER_SCHEMA and page.schema != "chinese_id_card":
            other = rng.choice(("passport", "id_card", "residence_permit", "driving_licence"))
            return self._usual(other), list(SCHEMAS[other].model_fields)
        if chance < _OTHER_SCHEMA + _SOME_FIELDS:
            some = rng.sample(fields, rng.randint(2, len(fields)))
            return f"{rng.choice((*_NAMES, page.schema))}: {' '.join(some)}", some
        return self._usual(page.schema), fields

    def _prompt(self, text: str, rows: int, columns: int) -> tuple[list[int], list[int]]:
        """The ids of a prompt up to and with its picture, and after it."""
        before, after = text.split("<|image_1|>")
        if (rows, columns) not in self._before:
            start = self.processor.tokenizer(before)["input_ids"]
            picture = -1 - picture_rows(rows, columns, VIEWS)
            self._before[rows, columns] = np.concatenate([start, picture])
        return self._before[rows, columns].tolist(), self.processor.tokenizer(after)["input_ids"]


def _ids(ids: Sequence[int], room: int) -> np.ndarray:
    padded = np.zeros(room, np.int16)
    padded[: len(ids)] = ids
    return padded


def _glyphs(sheet: TiledSheet, characters: Sequence[str], rng: random.Random) -> np.ndarray:
    """Which character stands where on which tile: (CHARACTERS, 4) of view, x, y, class; a random part of too many."""
    classes = np.array([CLASSES.get(character, 0) for character in characters], np.int64)
    points = np.floor(sheet.centres).astype(np.int64)
    high, wide = sheet.rows * TILE, sheet.columns * TILE
    seen = (classes > 0) & (points >= 0).all(1) & (points[:, 0] < wide) & (points[:, 1] < high)
    points, classes = points[seen], classes[seen]
    if sheet.portrait:
        points = points[:, ::-1]
    columns = sheet.true_tiles[1]
    view = 1 + points[:, 1] // TILE * columns + points[:, 0] // TILE
    found = np.stack([view, points[:, 0] % TILE, points[:, 1] % TILE, classes], 1)
    if len(found) > CHARACTERS:
        found = found[rng.sample(range(len(found)), CHARACTERS)]
    glyphs = np.full((CHARACTERS, 4), -1, np.int16)
    glyphs[: len(found)] = found
    return glyphs
