"""Two readers on the same documents: who differs, by how much, and what so few documents could have shown."""

import pytest
from scipy.stats import binomtest

from eval.running.records import Results
from eval.scoring.comparison import compare
from eval.scoring.statistics import smallest_detectable

from ..made import document, field, results, subject


def pair(first: dict[str, str | None], second: dict[str, str | None], label: str = "A") -> tuple[Results, Results]:
    """Both readers' surnames by document."""
    return tuple(  # type: ignore[return-value]
        results(*(field(subject(name, cell=cell), "surname", label, said) for name, said in read.items()))
        for cell, read in (("x", first), ("y", second))
    )


def test_discordant_documents_are_counted_by_field() -> None:
    names = [f"d{number}" for number in range(12)]
    first = {name: "A" if number < 4 else "B" for number, name in enumerate(names)}
    second = {name: "A" if number >= 3 else "B" for number, name in enumerate(names)}
    result = compare(*pair(first, second), ("x", "y"))
    assert result is not None
    assert (result["first"], result["second"], result["documents"], result["fields_compared"]) == ("x", "y", 12, 12)
    surname = result["fields"]["surname"]
    assert (surname["documents"], surname["only_first"], surname["only_second"]) == (12, 3, 8)
    assert surname["difference"] == pytest.approx(5 / 12, abs=1e-5)
    assert surname["p"] == pytest.approx(binomtest(3, 11).pvalue, abs=1e-5)
    assert surname["p_holm"] == surname["p"]
    assert surname["detectable"] == pytest.approx(smallest_detectable(12, 11 / 12), abs=1e-5)
    exact = result["overall"]["exact"]
    assert (exact["first"], exact["second"]) == (pytest.approx(4 / 12, abs=1e-5), 0.75)
    assert exact["low"] < exact["difference"] < exact["high"]
    assert exact["detectable"] > 0
    assert result["all_right"]["only_second"] == 8


def test_readers_that_never_differ_say_nothing_about_how_much_they_might() -> None:
    result = compare(*pair({"a": "A", "b": "B"}, {"a": "A", "b": "B"}), ("x", "y"))
    assert result is not None
    exact = result["overall"]["exact"]
    assert (exact["difference"], exact["low"], exact["high"], exact["detectable"]) == (0.0, 0.0, 0.0, None)
    assert result["fields"]["surname"]["p"] == 1.0


def test_only_what_both_have_read_is_compared() -> None:
    result = compare(*pair({"a": "A", "b": "A", "d": "A"}, {"b": "B", "c": "A", "d": "A"}), ("x", "y"))
    assert result is not None
    assert (result["documents"], result["fields_compared"], result["left_out"]) == (2, 2, 2)
    assert result["fields"]["surname"]["only_first"] == 1
    assert compare(*pair({"a": "A"}, {"b": "A"}), ("x", "y")) is None


def test_a_document_of_several_pictures_is_right_when_all_of_them_are() -> None:
    def read(cell: str, *said: str) -> Results:
        pictures = [subject(f"a{number}", cell=cell, group="a") for number in range(len(said))]
        rows = [field(one, "surname", "A", value) for one, value in zip(pictures, said, strict=True)]
        return results(*rows, field(subject("b", cell=cell), "surname", "A", "A"))

    result = compare(read("x", "A", "A"), read("y", "A", "B"), ("x", "y"))
    assert result is not None
    assert result["fields"]["surname"] | {"detectable": None} == {
        "documents": 2, "only_first": 1, "only_second": 0, "difference": -0.5, "p": 1.0, "detectable": None,
        "p_holm": 1.0,
    }  # fmt: skip
    assert result["overall"]["exact"]["difference"] == -0.25  # rates share a document's weight among its pictures
    assert result["all_right"]["only_first"] == 1


def test_holms_correction_is_over_the_fields() -> None:
    sides = []
    for cell, good in (("x", "B"), ("y", "A")):
        rows = []
        for number in range(10):
            about = subject(str(number), cell=cell)
            rows += [field(about, "surname", "A", good), field(about, "given_names", "A", "A")]
        sides.append(results(*rows))
    result = compare(*sides, ("x", "y"))
    assert result is not None
    assert result["fields"]["surname"]["p"] == pytest.approx(2 / 1024, abs=1e-5)
    assert result["fields"]["surname"]["p_holm"] == pytest.approx(4 / 1024, abs=1e-5)
    assert result["fields"]["given_names"]["p_holm"] == 1.0


def test_blanks_are_compared_as_inventions_not_as_values() -> None:
    sides = [
        results(
            field(subject("a", cell=cell), "surname", "A", "A"), field(subject("b", cell=cell), "surname", None, said)
        )
        for cell, said in (("x", None), ("y", "INVENTED"))
    ]
    result = compare(*sides, ("x", "y"))
    assert result is not None
    assert result["fields"]["surname"]["documents"] == 1
    assert result["overall"]["hallucination_rate"]["difference"] == 1.0
    assert result["overall"]["exact"]["difference"] == 0.0


def test_a_rate_that_nothing_is_labelled_for_is_left_out() -> None:
    result = compare(*pair({"a": "A"}, {"a": "A"}), ("x", "y"))
    assert result is not None
    assert "hallucination_rate" not in result["overall"]


def test_a_document_that_only_one_has_read_is_no_discordance() -> None:
    first, second = pair({"a": "A"}, {"a": "A"})
    more = Results((*second.documents, document(subject("b", cell="y"), right=False)), second.fields)
    result = compare(first, more, ("x", "y"))
    assert result is not None
    assert result["all_right"]["documents"] == 1
