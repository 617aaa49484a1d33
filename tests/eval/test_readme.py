"""The README's generated parts: in step with the commands and the results, or the check says where not."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from eval import readme
from eval.readme import BLOCKS, NOT_MEASURED, ReadmeError, help_text, main, regenerated
from eval.report import generated


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of results."""
    folder = tmp_path / "results"
    folder.mkdir()
    monkeypatch.setattr(readme, "RESULTS", folder)
    return folder


def block(name: str, text: str = "old\n") -> str:
    return f"before\n<!-- generated: {name} -->\n{text}<!-- end -->\nafter\n"


def test_a_block_is_regenerated_and_the_rest_stays(results: Path) -> None:
    assert regenerated(block("scores-frozen")) == block("scores-frozen", NOT_MEASURED)
    assert regenerated("nothing made\n") == "nothing made\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- generated: shoe-size -->\n<!-- end -->\n", "unknown block 'shoe-size'"),
        ("<!-- generated: scores-frozen -->\nnever ends\n", "unterminated block"),
    ],
)
def test_unknown_and_unterminated_blocks_are_refused(text: str, message: str) -> None:
    with pytest.raises(ReadmeError, match=message):
        regenerated(text)


def test_check_shows_the_difference_and_write_mends_it(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "README.md"
    path.write_text(block("scores-held-out"), encoding="utf-8")
    assert main(["--check", "--file", str(path)]) == 1
    output = capsys.readouterr()
    assert "-old" in output.out
    assert "+*not measured yet*" in output.out
    assert "python -m eval.readme --write" in output.err
    assert main(["--write", "--file", str(path)]) == 0
    assert main(["--check", "--file", str(path)]) == 0
    assert capsys.readouterr() == ("", "")


def test_what_cannot_be_read_is_one_line(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", "--file", str(tmp_path / "nowhere.md")]) == 3
    assert "cannot be read" in capsys.readouterr().err
    (results / "frozen-embedded.json").write_text("[]", encoding="utf-8")
    path = tmp_path / "README.md"
    path.write_text(block("scores-frozen"), encoding="utf-8")
    assert main(["--check", "--file", str(path)]) == 3
    assert "eval/results/frozen-embedded.json is not what its command writes" in capsys.readouterr().err


def test_help_is_the_same_whatever_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = argparse.ArgumentParser(prog="x")
    parser.add_argument("--many", help="word " * 60)
    monkeypatch.setenv("COLUMNS", "40")
    narrow = help_text(parser)
    monkeypatch.setenv("COLUMNS", "200")
    assert help_text(parser) == narrow
    assert narrow.startswith("```text\nusage: x")
    assert max(map(len, narrow.splitlines())) <= 100


def test_scores_by_language_end_with_a_row_of_all(summary: dict[str, Any]) -> None:
    result = generated.scores_by_language(summary)
    rows = result.splitlines()
    assert rows[0].startswith("| language | documents | values | exact | folded | CER |")
    assert [row.split(" | ")[0] for row in rows[2:6]] == ["| de", "| fr", "| zh-Hant", "| **all**"]
    assert "**4 (5 pictures)**" in rows[5]
    digest, code = summary["run"]["dataset"]["digest"][:12], summary["run"]["code"][:12]
    assert f"Measured 2026-03-01, {summary['run']['machine']['cores']} cores of" in result
    assert f"dataset specimens {digest}, program {code}." in result


def test_scores_by_type_count_documents_and_pictures(summary: dict[str, Any]) -> None:
    result = generated.scores_by_type(summary)
    (passport,) = [row for row in result.splitlines() if row.startswith("| passport |")]
    # of four values of one document in two pictures, two are right in one picture only
    assert passport.startswith("| passport | 1 (2) | 8 | 75.0 (")
    assert "| 100.0 of 1 |" in passport
    (chinese,) = [row for row in result.splitlines() if row.startswith("| chinese id card |")]
    assert "| – | no blanks labelled |" in chinese
    assert "By picture instead of by document: field exact match" in result


def test_a_type_that_comes_in_several_scripts_has_a_row_for_each(summary: dict[str, Any]) -> None:
    cell = summary["cells"]["embedded"]
    both = {"passport, Latin script": cell["overall"], "passport, other scripts": cell["overall"]}
    result = generated.scores_by_type(summary | {"cells": {"embedded": cell | {"scripts": both}}})
    kinds = [row.split(" | ")[0] for row in result.splitlines() if row.startswith("| ")]
    assert kinds[kinds.index("| passport") :][:3] == ["| passport", "| – Latin script", "| – other scripts"]
    assert "– Latin" not in generated.scores_by_type(summary)


def test_a_busy_machine_is_said(summary: dict[str, Any]) -> None:
    result = generated.scores_by_language(summary | {"run": summary["run"] | {"load": 99.0}})
    assert "Measured on a loaded machine (load 99.0 on" in result
    assert "loaded machine" not in generated.scores_by_language(summary | {"run": summary["run"] | {"load": 0.0}})


def test_cells_stand_side_by_side_with_their_tests(summary: dict[str, Any]) -> None:
    cell = summary["cells"]["embedded"]
    exact = {"difference": -0.021, "low": -0.04, "high": -0.001}
    one = {"first": "a", "second": "b", "overall": {"exact": exact}, "fields": {"surname": {"p_holm": 0.01},
                                                                             "sex": {"p_holm": 0.06}}}  # fmt: skip
    two = one | {"fields": {}}
    checkpoint = {"checkpoint": {"name": "nano", "digest": "abcdefabcdef99"}}
    result = generated.scores_by_language(
        summary | {
            "cells": {"a": cell, "b": cell}, "comparisons": [one, two],
            "run": summary["run"] | {"cells": {"a": checkpoint, "b": checkpoint}},
        }
    )  # fmt: skip
    assert "| language | documents | a | b |" in result
    assert (
        "- b against a: exact match -2.1 points (-4.0 to -0.1), fields that differ (McNemar, Holm): surname\n" in result
    )
    assert "no field differs" in result
    assert result.count("Checkpoint: nano abcdefabcdef.") == 1


def test_fine_tuning_tells_what_its_checks_found(results: Path) -> None:
    made = ((0, 0.5, 0.8), (1, 0.25, 0.9))
    checks = [{"step": step, "loss without hints": loss, "right without hints": right} for step, loss, right in made]
    lines = [checks[0], {"step": 1, "loss": 0.4}, checks[1]]
    (results / "tuned-nano.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    rows = regenerated(block("tuned")).splitlines()
    assert rows[2] == "| after step | loss without hints | values right, %, without hints |"
    assert rows[4:6] == ["| 0 | 0.5000 | 80.0 |", "| 1 | 0.2500 | 90.0 |"]
    (results / "tuned-nano.jsonl").write_text("no JSON", encoding="utf-8")
    with pytest.raises(ReadmeError, match="is not what its command writes"):
        regenerated(block("tuned"))


def test_a_run_of_several_cells_has_a_row_for_each(summary: dict[str, Any]) -> None:
    cell = summary["cells"]["embedded"]
    result = summary | {"cells": {"a": cell, "b": cell}}
    rows = generated.scores_by_cell(result).splitlines()
    assert rows[0].startswith("| read by | documents | values | exact | folded | hallucination rate | miss rate |")
    assert [row.split(" | ")[0] for row in rows[2:4]] == ["| a", "| b"]


def test_precisions_stand_by_language_without_hints_and_with_them(summary: dict[str, Any]) -> None:
    cell = summary["cells"]["embedded"]
    made = {
        f"nano {dtype}, {word}": cell | {"hints": word == "hints"} for word in ("hints", "no hints") for dtype in "ab"
    }
    result = generated.scores_by_precision(summary | {"cells": made})
    without, _, rest = result.partition("With hints:\n\n")
    assert without.startswith("Without hints:\n\n| language | documents | ")
    assert len(without.splitlines()[2].split("|")) == len(rest.splitlines()[0].split("|")) == 6
    assert without.splitlines()[-2].startswith("| **all** | ")
    assert [row.split(" | ")[0] for row in rest.splitlines() if row.startswith("| nano")] == [
        f"| {name}" for name in made
    ]


def test_a_models_card_has_types_scripts_languages_and_captures(summary: dict[str, Any]) -> None:
    cell = summary["cells"]["embedded"]
    both = {"passport, Latin script": cell["overall"], "passport, other scripts": cell["overall"]}
    result = generated.scores_by_kind(summary | {"cells": dict.fromkeys(("a", "b"), cell | {"scripts": both})})
    rows = result.splitlines()
    assert (
        rows[0]
        == "| document | documents | values | exact, a | exact, b | hallucination rate, a | hallucination rate, b |"
    )
    kinds = [row.split(" | ")[0] for row in rows]
    assert kinds[2] == "| **all**"
    assert kinds[kinds.index("| passport") :][:3] == ["| passport", "| – Latin script", "| – other scripts"]
    assert {"| language | documents | a | b |", "| capture | documents | a | b |"} <= set(rows)


def test_a_bench_brings_its_tables_machine_and_command() -> None:
    result = readme.bench_tables(
        {
            "command": "python -m eval.bench", "date": "2026-03-01", "machine": {"processor": "P", "cores": "2"},
            "versions": {"python": "3.12", "onnxruntime": "1.20", "pillow": "11"}, "notes": ["it was busy"],
            "tables": [{"title": "warm", "header": ["", "measured"], "rows": [["pages a second", "1.50"]]}],
        }
    )  # fmt: skip
    assert "*warm*\n" in result
    assert "| pages a second | 1.50 |" in result
    assert result.endswith(
        "`python -m eval.bench`, 2026-03-01, P, 2 cores; python 3.12, onnxruntime 1.20. It was busy.\n"
    )


def test_seconds_of_a_page_become_hours() -> None:
    embedded = {"figures": {"cores": 2, "pages_per_second": 2.0}, "machine": {"processor": "a CPU"}}
    batches = {"32": {"drafted_per_second": 20.0, "plain_per_second": 10.0}}
    gpu = {"figures": {"cells": {"bfloat16": {"batches": batches}}}, "machine": {"gpu": "a GPU"}}
    pace = {"figures": {"cores": 2, "pace": {"batch_seconds_a_page": 0.72}}}
    without, by_batch, model, beside = generated.ten_million(embedded, gpu, pace).splitlines()[2:6]
    assert "1.00 core s | 2,778 core hours" in without
    assert "0.050 (with drafts) to 0.100 s | 139 to 278 GPU hours" in model
    assert "20 cores beside each GPU" in beside
    assert "by `extract-batch` | 1.44 core s | 4,000 core hours | 64 machines of 16 cores: 3.9 hours" in by_batch


def test_links_that_lead_nowhere_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "there.md").write_text("", encoding="utf-8")
    path = tmp_path / "README.md"
    path.write_text("[a](there.md#part) [b](https://example.org/x) [c](#here) ![d](gone.png)\n", encoding="utf-8")
    assert main(["--check", "--file", str(path)]) == 1
    assert capsys.readouterr().err == "eval.readme: README.md: no such file: gone.png\n"


def test_the_documents_are_up_to_date_and_the_readme_is_short() -> None:
    assert main(["--check"]) == 0
    text = (readme.ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    written = "".join(path.read_text(encoding="utf-8") for path in readme.generated_files())
    assert {name for name in BLOCKS if f"<!-- generated: {name} -->" not in written} <= {"help-eval-run"}
