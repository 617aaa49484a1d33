"""The shipped model reads documents it has never seen, end to end; the floors are far under what was measured."""

from pathlib import Path

import pytest

from eval.scoring.metrics import score_fields
from extractor import extract
from extractor.checkpoints import find_checkpoint
from extractor.engines.phi3v import Phi3VEngine
from extractor.extraction import SourceKind
from extractor.labels.format import load_labels
from extractor.schemas import SCHEMAS, field_specs

EXAMPLES = Path(__file__).parents[3] / "datasets" / "examples"


def _share_right(dtype: str, names: tuple[str, ...], *, hints: bool) -> float:
    """The share of labelled values that the model alone reads rightly."""
    engine = Phi3VEngine(find_checkpoint("nano"), dtype=dtype, device="cpu", hints=hints)
    right = []
    for specimen in load_labels(EXAMPLES / "labels.jsonl"):
        if specimen.path.stem not in names:
            continue
        result = extract(specimen.path, specimen.schema, engine=engine)
        said = {
            name: next((one.value for one in field.sources if one.kind is SourceKind.MODEL), None)
            for name, field in result.fields.items()
        }
        kinds = {name: spec.kind for name, spec in field_specs(SCHEMAS[specimen.schema]).items()}
        right += [score.exact for score in score_fields(kinds, specimen.fields, said).values() if score.has_value]
    return sum(right) / len(right)


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "hints"), [("bfloat16", False), ("int4", False), ("bfloat16", True)])
def test_clean_specimens_are_read(dtype, hints):
    names = ("passport", "passport_chinese", "chinese_id_card_front", "chinese_id_card_back")
    assert _share_right(dtype, names, hints=hints) > 0.9
