"""The shipped model reads documents it has never seen, end to end; the floors are far under what was measured."""

from pathlib import Path

import pytest

from eval.scoring.metrics import score_fields
from extractor.checkpoints import find_checkpoint
from extractor.engines.phi3v import Phi3VEngine
from extractor.extraction import SourceKind
from extractor.labels.format import Specimen, load_labels
from extractor.pipeline import Prepared, conclude, prepare
from extractor.schemas import SCHEMAS, field_specs

EXAMPLES = Path(__file__).parents[3] / "datasets" / "examples"
NAMES = ("passport", "passport_chinese", "chinese_id_card_front", "chinese_id_card_back")


@pytest.fixture(scope="module")
def prepared() -> dict[str, tuple[Specimen, Prepared]]:
    """Pages as engines are given them, by file name: recognised once."""
    specimens = {one.path.stem: one for one in load_labels(EXAMPLES / "labels.jsonl")}
    return {name: (specimens[name], prepare(specimens[name].path, specimens[name].schema)) for name in NAMES}


def _share_right(dtype: str, pages: list[tuple[Specimen, Prepared]], *, hints: bool) -> float:
    """The share of labelled values that the model alone reads rightly."""
    engine = Phi3VEngine(find_checkpoint("nano"), dtype=dtype, device="cpu", hints=hints)
    right = []
    for specimen, page in pages:
        result = conclude(page, engine)
        said = {
            name: next((one.value for one in field.sources if one.kind is SourceKind.MODEL), None)
            for name, field in result.fields.items()
        }
        kinds = {name: spec.kind for name, spec in field_specs(SCHEMAS[specimen.schema]).items()}
        right += [score.exact for score in score_fields(kinds, specimen.fields, said).values() if score.has_value]
    return sum(right) / len(right)


@pytest.mark.long
@pytest.mark.parametrize(
    ("dtype", "hints", "names"),
    [("bfloat16", False, NAMES), ("int4", False, NAMES[:1] + NAMES[2:3]), ("bfloat16", True, NAMES[1:2] + NAMES[3:])],
)
def test_clean_specimens_are_read(prepared, dtype, hints, names):
    assert _share_right(dtype, [prepared[name] for name in names], hints=hints) > 0.9
