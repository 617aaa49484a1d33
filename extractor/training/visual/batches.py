"""Batches of samples of about one length."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from extractor.training.visual.augment import Bank, augmented
from extractor.training.visual.designs import make_design
from extractor.training.visual.holder import Holder
from extractor.training.visual.labelled import Sheet
from extractor.training.visual.noise import disturb
from extractor.training.visual.papers import make_paper
from extractor.training.visual.samples import ANY, LayoutSample, make_sample, two_documents
from extractor.training.visual.sheet import make_sheet
from extractor.training.visual.variants import as_list, relative
from extractor.visual.features import LENGTH, NUMBERS
from extractor.visual.tags import TAGS

#: Sizes of batches in words: pages are padded to the smallest that holds them.
WIDTHS = (96, 160, 256)


#: Shares of kinds among pages of the catalogue, whose entries are mostly licences and cards.
_KINDS = {
    "passport": 0.26, "id_card": 0.36, "driving_licence": 0.17, "residence_permit": 0.11, "visa": 0.05,
    "chinese_id_card": 0.05,
}  # fmt: skip


@dataclass(frozen=True)
class Mixture:
    """What samples are made of: entries, real pages and pages that were printed and read (`printed`), and their shares
    (designs are the rest); the share of pictures with two documents, of relatives among the entries' pages, of
    papers that are no documents, and of documents and of papers that are set as plain lists of lines."""

    entries: Sequence[Mapping[str, Any]]
    states: Sequence[str]
    real: Sequence[Sheet] = ()
    catalogue_share: float = 0.45
    real_share: float = 0.0
    printed: Sequence[Sheet] = ()
    printed_share: float = 0.0
    two_share: float = 0.06
    relatives_share: float = 0.5
    papers_share: float = 0.08
    lists_share: float = 0.06
    paper_lists_share: float = 0.3


def make_page(mixture: Mixture, bank: Bank, rng: random.Random) -> Sheet:
    """One page of the mixture, as recognition would leave it. The bank takes the values of made pages in, for the
    others."""
    for sheets, share in ((mixture.real, mixture.real_share), (mixture.printed, mixture.printed_share)):
        if sheets and rng.random() < share:
            return augmented(rng.choice(sheets), bank, rng)
    sheet = draw_sheet(mixture, rng)
    bank.keep(sheet)
    if rng.random() < mixture.two_share:
        sheet = two_documents(sheet, draw_sheet(mixture, rng), rng)
    return disturb(sheet, rng)


def draw_sheet(mixture: Mixture, rng: random.Random) -> Sheet:
    """One document of the catalogue or of the designs, as it is printed."""
    entry = choose_entry(mixture, rng)
    return make_sheet(entry, Holder(entry, rng), rng)


def choose_entry(mixture: Mixture, rng: random.Random) -> Mapping[str, Any]:
    """The description of one document: of the catalogue, a relative of such a one, or a design; or that of a paper that
    is none. Some are set as lists."""
    if rng.random() < mixture.papers_share:
        paper = make_paper(rng, mixture.states)
        return as_list(paper, rng) if rng.random() < mixture.paper_lists_share else paper
    entry = _choose_document(mixture, rng)
    return as_list(entry, rng) if rng.random() < mixture.lists_share else entry


def _choose_document(mixture: Mixture, rng: random.Random) -> Mapping[str, Any]:
    if not mixture.entries or rng.random() >= mixture.catalogue_share:
        return make_design(rng, mixture.states)
    kind = rng.choices(tuple(_KINDS), tuple(_KINDS.values()))[0]
    alike = [entry for entry in mixture.entries if entry["kind"] == kind] or mixture.entries
    entry = rng.choice(alike)
    return relative(entry, alike, rng) if rng.random() < mixture.relatives_share else entry


def collate(samples: Sequence[LayoutSample], width: int) -> dict[str, Tensor]:
    """Samples padded to `width` words. Pointers to none point to column `width`."""
    size = len(samples)
    batch = {
        "characters": np.zeros((size, width, LENGTH), np.int16),
        "numbers": np.zeros((size, width, NUMBERS), np.float16),
        "places": np.zeros((size, width, 3), np.float16),
        "padding": np.ones((size, width), bool),
        "tags": np.full((size, width), ANY, np.int16),
        "before": np.full((size, width), ANY, np.int16),
        "caption": np.full((size, width), ANY, np.int16),
        "holders": np.zeros((size, width), np.int8),
        "kind": np.zeros(size, np.int64),
        "allowed": np.zeros((size, len(TAGS)), bool),
    }
    for row, sample in enumerate(samples):
        count = len(sample.tags)
        batch["characters"][row, :count] = sample.features.characters
        batch["numbers"][row, :count] = sample.features.numbers
        batch["places"][row, :count] = np.clip(sample.features.places, -6e4, 6e4)
        batch["padding"][row, :count] = False
        batch["tags"][row, :count] = sample.tags
        for name in ("before", "caption"):
            target = getattr(sample, name)
            batch[name][row, :count] = np.where(target == count, width, target)
        batch["holders"][row, :count] = sample.holders
        batch["kind"][row] = sample.kind
        batch["allowed"][row] = sample.allowed
    return {name: torch.from_numpy(value) for name, value in batch.items()}


def batches(mixture: Mixture, seed: int, size: int) -> Iterator[dict[str, Tensor]]:
    """Endless batches of `size` pages of about one length."""
    rng = random.Random(seed)
    bank = Bank()
    waiting: dict[int, list[LayoutSample]] = {width: [] for width in WIDTHS}
    while True:
        try:
            sample = make_sample(make_page(mixture, bank, rng), rng, WIDTHS[-1])
        except (ValueError, IndexError, KeyError, ZeroDivisionError):
            continue  # one page in thousands of made-up ones cannot be set
        if not len(sample.tags):
            continue
        width = next(width for width in WIDTHS if len(sample.tags) <= width)
        waiting[width].append(sample)
        # Long pages come in smaller batches, so that every step costs about the same.
        if len(waiting[width]) >= max(8, size * WIDTHS[0] // width):
            yield collate(waiting[width], width)
            waiting[width] = []
