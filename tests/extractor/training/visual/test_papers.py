"""Papers that are no documents: what teaches the layout reader the kind `none`."""

import json
import random
from collections import Counter
from pathlib import Path

from extractor.schemas.captions import TITLES
from extractor.schemas.text import squash
from extractor.synthesis.catalogue import catalogue
from extractor.training.visual import papers
from extractor.training.visual.batches import Mixture, choose_entry
from extractor.training.visual.holder import Holder
from extractor.training.visual.labelled import Sheet
from extractor.training.visual.papers import make_paper
from extractor.training.visual.samples import make_sample
from extractor.training.visual.sheet import make_sheet
from extractor.visual.tags import KINDS, TAGS, TITLE, is_value

STATES = ("DEU", "JPN", "EGY", "THA", "MEX", "USA", "CHN", "ISR")


def paper(seed: int) -> Sheet:
    rng = random.Random(seed)
    entry = make_paper(rng, STATES)
    return make_sheet(entry, Holder(entry, rng), rng)


def test_a_paper_is_of_no_kind_and_becomes_a_sample_of_that_class() -> None:
    for seed in range(60):
        sheet = paper(seed)
        assert sheet.kind == "none"
        assert sheet.zone is None
        if sheet.lines:
            assert KINDS[make_sample(sheet, random.Random(seed), 256).kind] == "none"


def test_its_holder_s_names_and_dates_are_tagged_as_on_any_document() -> None:
    """A user's own schema may ask for them."""
    tags = Counter(TAGS[tag] for seed in range(80) for line in paper(seed).lines for tag in set(line.tags))
    assert all(tags[name] for name in ("name", "birth_date", "address", "other", "caption of other", "title"))


def test_running_text_and_prices_are_no_values() -> None:
    lines = [line for seed in range(80) for line in paper(seed).lines]
    long = [line for line in lines if len(line.text.split()) > 7]
    assert long
    assert sum(any(map(is_value, line.tags)) for line in long) < len(long) / 4


def test_none_of_their_titles_is_a_document_s() -> None:
    titles = json.loads(Path(papers.__file__).with_suffix(".json").read_text("utf-8"))["titles"]
    own = {squash(title) for form in titles.values() for texts in form.values() for title in texts}
    documents = {squash(title) for texts in TITLES.values() for title in texts}
    cells = (cell for entry in catalogue() for side in entry["sides"] for row in side.get("rows", ()) for cell in row)
    printed = (cell["t"] for cell in cells if cell.get("f") == "title")
    documents |= {squash(text) for texts in printed for text in ([texts] if isinstance(texts, str) else texts)}
    assert not own & documents
    assert any(TITLE in line.tags for seed in range(20) for line in paper(seed).lines)


def test_they_are_a_share_of_the_made_pages() -> None:
    entries = catalogue()
    some, none = (Mixture(entries, STATES, papers_share=share) for share in (0.2, 0.0))
    rng = random.Random(1)
    kinds = Counter(choose_entry(some, rng)["kind"] for _ in range(400))
    assert 50 < kinds["none"] < 110
    assert all(choose_entry(none, rng)["kind"] != "none" for _ in range(100))
