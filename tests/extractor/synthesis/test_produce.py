"""Sets of specimens: planned by the seed alone, made by any number of workers."""

import json
from collections import Counter
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.labels.format import LABEL_FILE, file_digest, load_labels
from extractor.synthesis.capture import MODES
from extractor.synthesis.produce import LANGUAGES, kinds, plan, produce, render


def test_languages_take_turns_and_kinds_too() -> None:
    jobs = plan(12 * 16, seed=1, pool="evaluation")
    assert [job.file.split("-")[0] for job in jobs[:12]] == list(LANGUAGES)
    chinese = [job.file.split("-", 2)[2].removesuffix(".jpg") for job in jobs if job.file.startswith("zh-")]
    assert len(set(chinese)) == len(set(kinds("evaluation")) - {"td2_card", "mrv_b_visa", "id_card"})
    assert len({job.file for job in jobs}) == len(jobs)
    assert len({job.seed for job in jobs}) == len(jobs)


def test_a_longer_plan_begins_like_a_shorter_one() -> None:
    assert plan(40, seed=9, pool="training")[:15] == plan(15, seed=9, pool="training")
    assert plan(15, seed=9, pool="training") != plan(15, seed=10, pool="training")


def test_modes_are_spread_or_as_asked() -> None:
    spread = Counter(job.mode for job in plan(600, seed=2, pool="evaluation"))
    assert set(spread) == set(MODES)
    assert spread["photo"] > spread["clean"]
    asked = plan(6, seed=2, pool="evaluation", languages=("fr",), modes=("photo", "scan"))
    assert [job.mode for job in asked] == ["photo", "scan"] * 3


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(UsageError, match=r"no template of the training pool for fr among the kinds chinese_id_front"):
        plan(3, seed=1, pool="training", languages=("fr",), only_kinds=("chinese_id_front",))


@pytest.mark.usefixtures("evaluation_fonts")
def test_labels_are_written_beside_the_pictures_and_read_back(tmp_path: Path) -> None:
    jobs = plan(6, seed=4, pool="evaluation", languages=("en", "zh", "ar"), suffix="jpg")
    made = list(produce(jobs, tmp_path))
    loaded = load_labels(tmp_path / LABEL_FILE)
    assert [specimen.path.name for specimen in loaded] == [job.file for job in jobs]
    for job, written, read in zip(jobs, made, loaded, strict=True):
        page, shot = render(job)
        assert read.fields == written.fields == page.fields
        assert (read.schema, read.kind, read.language, read.capture) == (
            page.schema,
            page.kind,
            page.language,
            job.mode,
        )
        assert (read.pool, read.template, read.seed) == ("evaluation", job.template, job.seed)
        assert read.sha256 == file_digest(read.path)
        assert set(read.boxes) == set(shot.boxes)
        assert read.mrz_only <= set(read.fields) - set(read.boxes)


@pytest.mark.slow
@pytest.mark.usefixtures("evaluation_fonts")
def test_two_workers_make_the_same_files_as_one(tmp_path: Path) -> None:
    jobs = plan(4, seed=6, pool="evaluation", suffix="webp")
    for workers in (1, 2):
        list(produce(jobs, tmp_path / str(workers), workers=workers))
    digests = [
        {path.name: file_digest(path) for path in sorted((tmp_path / workers).iterdir())} for workers in ("1", "2")
    ]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 5
    first = json.loads((tmp_path / "1" / LABEL_FILE).read_text("utf-8").splitlines()[0])
    assert not Path(first["file"]).is_absolute()
