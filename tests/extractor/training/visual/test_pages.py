"""Pages made as text and geometry: tags, owners and pointers say what stands where."""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from extractor.synthesis.catalogue import catalogue
from extractor.training.visual.augment import Bank
from extractor.training.visual.batches import Mixture, batches, collate, make_page
from extractor.training.visual.designs import make_design
from extractor.training.visual.holder import Holder
from extractor.training.visual.labelled import Sheet
from extractor.training.visual.noise import disturb
from extractor.training.visual.samples import ANY, make_sample, two_documents
from extractor.training.visual.sheet import make_sheet
from extractor.visual.tags import FIELDS, TAGS, is_caption, is_value, value_tag

STATES = ("DEU", "JPN", "EGY", "THA", "MEX", "USA", "CHN", "ISR")
ENTRY: dict[str, Any] = {
    "id": "made_up", "state": "DEU", "kind": "id_card", "language": "de", "mrz": "TD1", "upper": True,
    "sides": [
        {"size": "ID1", "rows": [
            [{"t": "PERSONALAUSWEIS", "f": "title", "x": 0.05}],
            [{"c": "Name", "v": "{surname}, {given_names}", "x": 0.3}],
            [{"c": "Geburtstag", "v": "{birth_date}", "x": 0.3, "at": "left"}, {"v": "{document_number}", "x": 0.7}],
        ]},
        {"size": "ID1", "rows": [[{"c": "Anschrift", "v": "{address}", "lines": 3}]], "mrz": True},
    ],
}  # fmt: skip


def sheet_of(entry: Mapping[str, Any], seed: int) -> Sheet:
    rng = random.Random(seed)
    return make_sheet(entry, Holder(entry, rng), rng)


def texts_of(sheet: Sheet) -> dict[str, list[str]]:
    """Field -> its values on the page, by owner."""
    found: dict[tuple[int, int], str] = {}
    for line in sheet.lines:
        for character, tag, owner in zip(line.text, line.tags, line.owners, strict=True):
            if is_value(tag):
                found[owner, tag] = found.get((owner, tag), "") + character
    texts: dict[str, list[str]] = {}
    for (_, tag), text in found.items():
        texts.setdefault(TAGS[tag], []).append(text)
    return texts


def test_every_character_has_a_tag_and_an_owner_and_values_are_the_holder_s() -> None:
    for seed in range(20):
        rng = random.Random(seed)
        holder = Holder(ENTRY, rng)
        sheet = make_sheet(ENTRY, holder, rng)
        for line in sheet.lines:
            assert len(line.text) == len(line.tags) == len(line.owners)
            assert line.box[0] < line.box[2]
            assert line.box[1] < line.box[3]
        for name, texts in texts_of(sheet).items():
            if name in ("surname", "birth_date", "document_number"):
                assert {"".join(text.split()) for text in texts} == {"".join(holder.value(name).split())}


def test_two_fields_of_one_cell_are_told_apart_and_share_their_caption() -> None:
    sheets = (sheet_of(ENTRY, seed) for seed in range(30))
    sheet = next(one for one in sheets if {"surname", "given_names"} <= set(texts_of(one)))
    owners = {
        owner: TAGS[tag]
        for line in sheet.lines
        for tag, owner in zip(line.tags, line.owners, strict=True)
        if is_value(tag)
    }
    named = {name: sheet.captions.get(owner) for owner, name in owners.items() if name in ("surname", "given_names")}
    assert named["surname"] == named["given_names"] is not None


def test_the_zone_says_what_the_page_prints_only_where_its_side_is_shown() -> None:
    sheets = [sheet_of(ENTRY, seed) for seed in range(30)]
    shown = [sheet for sheet in sheets if any("<<" in line.text for line in sheet.lines)]
    assert 0 < len(shown) < len(sheets)
    assert all((sheet.zone is not None) == (sheet in shown) for sheet in sheets)


@pytest.mark.parametrize("seed", range(6))
def test_designs_of_all_kinds_can_be_set_and_disturbed(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(15):
        entry = make_design(rng, STATES)
        sheet = disturb(make_sheet(entry, Holder(entry, rng), rng), rng)
        assert all(line.text.strip() and len(line.text) == len(line.tags) for line in sheet.lines)


def test_every_entry_of_the_catalogue_can_be_drawn() -> None:
    for number, entry in enumerate(catalogue()):
        sheet = sheet_of(entry, number)
        assert sheet.lines or entry["sides"], entry["id"]
        assert sheet.kind == entry["kind"]


def test_pointers_follow_a_value_s_words_and_lead_to_its_caption() -> None:
    mixture = Mixture([ENTRY], STATES, catalogue_share=1.0, two_share=0.0)
    rng = random.Random(4)
    followed = pointed = 0
    for _ in range(40):
        sample = make_sample(make_page(mixture, Bank(), rng), rng, 256)
        count = len(sample.tags)
        for index in range(count):
            before, caption = sample.before[index], sample.caption[index]
            if before not in (ANY, count):
                assert before < index
                assert sample.tags[before] == sample.tags[index]
                followed += 1
            if caption not in (ANY, count):
                assert is_caption(int(sample.tags[caption]))
                pointed += 1
    assert followed > 20
    assert pointed > 20


def test_two_documents_on_one_picture_have_two_holders() -> None:
    rng = random.Random(1)
    both = two_documents(sheet_of(ENTRY, 1), sheet_of(ENTRY, 2), rng)
    assert {line.holder for line in both.lines} == {0, 1}
    left = {owner for line in both.lines if line.holder == 0 for owner in line.owners} - {0}
    right = {owner for line in both.lines if line.holder == 1 for owner in line.owners} - {0}
    assert left.isdisjoint(right)


def test_of_real_pages_only_what_is_labelled_is_asked_for() -> None:
    sheet = sheet_of(ENTRY, 3)
    real = Sheet(sheet.lines, {}, sheet.kind, None, frozenset({"surname"}))
    sample = make_sample(real, random.Random(0), 256)
    assert not sample.allowed[value_tag("surname")]
    assert sample.allowed[value_tag("religion")]
    assert (sample.caption == ANY).all()


def test_batches_are_padded_and_point_to_their_own_end() -> None:
    samples = [make_sample(sheet_of(ENTRY, seed), random.Random(seed), 96) for seed in range(4)]
    batch = collate(samples, 96)
    assert batch["characters"].shape[:2] == (4, 96)
    for row, sample in enumerate(samples):
        count = len(sample.tags)
        assert bool(batch["padding"][row, count:].all())
        begins = np.flatnonzero(sample.before == count)
        assert (batch["before"][row, begins] == 96).all()


def test_the_same_seed_makes_the_same_batches() -> None:
    mixture = Mixture([ENTRY], STATES)
    first, second = (next(batches(mixture, 7, 8)) for _ in range(2))
    assert all((first[name] == second[name]).all() for name in first)
    assert len(FIELDS) * 2 + 2 == len(TAGS)


def test_a_caption_s_placeholder_is_filled_in() -> None:
    entry = {
        **ENTRY,
        "sides": [{"size": "ID1", "rows": [[{"c": "{?words:Permit No.|Pass No.}", "v": "{document_number}"}]]}],
    }
    texts = [line.text for seed in range(10) for line in sheet_of(entry, seed).lines]
    assert any("No." in text for text in texts)
    assert not any("{" in text for text in texts)
