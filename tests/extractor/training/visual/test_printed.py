"""Made pages that are printed and read: what was read takes the tags of what was printed there."""

import random
from itertools import groupby
from pathlib import Path

from iso3166 import countries

from extractor.synthesis.catalogue import catalogue
from extractor.training.visual.augment import Bank
from extractor.training.visual.batches import Mixture, make_page
from extractor.training.visual.labelled import SheetLine
from extractor.training.visual.printed import Printed, printed_pages, tagged
from extractor.training.visual.real import load_pages, write_pages
from extractor.visual.tags import NOTHING, TAGS, caption_tag, value_tag

NAME, NUMBER, CAPTION = value_tag("surname"), value_tag("document_number"), caption_tag("surname")


def printed(text: str, box: tuple[float, float, float, float], *runs: tuple[int, int]) -> Printed:
    """A printed line whose characters belong, from the left, to `runs` of (how many, tag)."""
    tags = [tag for count, tag in runs for _ in range(count)]
    first = int(box[0]) + 1  # no two values have one owner
    owners = [first + number if tag else 0 for number, (count, tag) in enumerate(runs) for _ in range(count)]
    return Printed(SheetLine(text, tags, owners, list(box)), box)


def runs_of(line: SheetLine) -> list[tuple[str, str]]:
    pairs = zip(line.text, line.tags, strict=True)
    return [("".join(c for c, _ in run), TAGS[tag]) for tag, run in groupby(pairs, key=lambda pair: pair[1])]


def test_misread_and_missing_characters_keep_their_tags() -> None:
    lines = [printed("Name MÜLLER", (0, 0, 110, 10), (4, CAPTION), (1, NOTHING), (6, NAME))]
    read = tagged("Narne MULER", (0, 0, 108, 10), 0.9, lines)
    assert runs_of(read) == [("Narne", "caption of surname"), (" ", "nothing"), ("MULER", "surname")]
    assert read.score == 0.9


def test_a_line_cut_in_two_takes_its_own_half() -> None:
    lines = [printed("Name MÜLLER", (0, 0, 110, 10), (4, CAPTION), (1, NOTHING), (6, NAME))]
    assert runs_of(tagged("MÜLLER", (50, 0, 110, 10), 0.9, lines)) == [("MÜLLER", "surname")]


def test_lines_joined_over_columns_keep_both() -> None:
    lines = [
        printed("MÜLLER", (0, 0, 60, 10), (6, NAME)),
        printed("X123", (80, 1, 120, 11), (4, NUMBER)),
        printed("BERLIN", (0, 20, 60, 30), (6, NOTHING)),
    ]
    read = tagged("MÜLLER X123", (0, 0, 120, 11), 0.9, lines)
    assert runs_of(read) == [("MÜLLER", "surname"), (" ", "nothing"), ("X123", "document_number")]


def test_what_stands_on_no_printed_line_is_nothing() -> None:
    lines = [printed("MÜLLER", (0, 0, 60, 10), (6, NAME))]
    assert runs_of(tagged("MULLER", (0, 40, 60, 50), 0.4, lines)) == [("MULLER", "nothing")]


def test_printed_pages_are_read_written_and_trained_on(fonts: None, tmp_path: Path) -> None:
    mixture = Mixture(catalogue(), [country.alpha3 for country in countries], catalogue_share=1.0)
    pages = list(printed_pages(mixture, 3, 2))
    values = {TAGS[tag] for page in pages for line in page.lines for tag in line.tags}
    assert len(values) > 8, "fields and captions are found again in what was read"
    write_pages(pages, tmp_path / "printed.jsonl")
    loaded = load_pages(tmp_path / "printed.jsonl")
    assert [page.captions for page in loaded] == [page.captions for page in pages]
    assert [[line.tags for line in page.lines] for page in loaded] == [
        [line.tags for line in page.lines] for page in pages
    ]
    assert {page.labelled for page in loaded} == {None}, "all of a made page is known"
    only = Mixture((), (), printed=loaded, printed_share=1.0)
    assert make_page(only, Bank(), random.Random(0)).kind in {page.kind for page in pages}
