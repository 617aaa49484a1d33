"""Several sources, one value and a verdict: every rule by an example, and what holds for all of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.extraction import Box, FieldEvidence, Source, SourceKind, Verdict
from extractor.reconcile import reconcile, reconcile_field, same, with_model
from extractor.schemas import ChineseIdCard, Kind, Passport

from ..tables import each

HERE = Box(0, ((0, 0), (9, 0), (9, 9), (0, 9)))
THERE = Box(0, ((50, 50), (90, 50), (90, 60), (50, 60)))


def mrz(value: Any, confidence: float = 0.95, *, proven: bool = False) -> Source:
    return Source(SourceKind.MRZ, value, str(value), confidence, HERE, proven=proven)


def printed(value: Any, confidence: float = 0.9, *, proven: bool = False) -> Source:
    return Source(SourceKind.VISUAL, value, str(value), confidence, THERE, proven=proven)


def barcode(value: Any, confidence: float = 0.99) -> Source:
    return Source(SourceKind.BARCODE, value, str(value), confidence, HERE, proven=True)


def derived(value: Any, confidence: float = 0.9) -> Source:
    return Source(SourceKind.DERIVED, value, "", confidence, THERE)


def model(value: Any, confidence: float = 0.9, *, supported: bool | None = True) -> Source:
    return Source(SourceKind.MODEL, value, str(value), confidence, THERE, supported=supported)


def reconciled(kind: Kind, *sources: Source) -> tuple[Any, Verdict]:
    evidence = reconcile_field(kind, sources)
    return evidence.value, evidence.verdict


def test_a_proven_number_of_the_zone_stands_against_a_printed_one_that_is_misread_in_a_character() -> None:
    misread = reconcile_field(Kind.NUMBER, [mrz("L01X00T47", proven=True), printed("L01XO0T41", 0.99)])
    assert (misread.value, misread.verdict) == ("L01X00T47", Verdict.CONFLICT)
    assert reconciled(Kind.NUMBER, mrz("L01X00T47", proven=True), printed("8834120", 0.99))[0] == "8834120", (
        "another number"
    )
    assert reconciled(Kind.NUMBER, mrz("L01X00T47"), printed("L01XO0T41", 0.99))[0] == "L01XO0T41", (
        "nothing proves the zone's"
    )
    longer = printed("402-1234567-89", 0.99)
    assert reconciled(Kind.NUMBER, mrz("402123456", proven=True), longer)[0] == "402-1234567-89", (
        "the zone has no room for it"
    )


@each(
    ("kind", "text", "value"),
    [
        (Kind.NUMBER, "٢٧٣٠٧٠١٠٣٧٨٥٣٧", "27307010378537"),
        (Kind.NUMBER, "३०५-०१", "305-01"),
        (Kind.NUMBER, "๑ ๒๓๔๕ ๖", "1 2345 6"),
        (Kind.NUMBER, "ＡＢ１２３４５６", "AB123456"),
        (Kind.CODE, "١٧٨", "178"),
        (Kind.TEXT, "المادة ١٢", "المادة ١٢"),
        (Kind.ADDRESS, "मकान ३", "मकान ३"),
    ],
)
def test_numbers_are_given_in_the_digits_0_to_9_and_words_as_printed(kind: Kind, text: str, value: str) -> None:
    for source in (printed(text), model(text)):
        evidence = reconcile_field(kind, [source])
        assert (evidence.value, evidence.sources[0].text) == (value, text)


def test_a_number_printed_in_two_kinds_of_digits_is_one() -> None:
    evidence = reconcile_field(Kind.NUMBER, [printed("١٢٣٤٥٦٧"), model("1234567")])
    assert (evidence.value, evidence.verdict) == ("1234567", Verdict.AGREE)
    assert same(Kind.NUMBER, "١٢٣٤", "1234")


def test_names_that_differ_in_a_clear_letter_contradict_each_other() -> None:
    assert reconciled(Kind.NAME, mrz("BERISHA", 0.97), printed("BERISKA", 0.99)) == ("BERISHA", Verdict.CONFLICT)
    assert reconciled(Kind.NAME, mrz("BERISHA", 0.8), printed("BERISKA", 0.99)) == ("BERISKA", Verdict.CONFLICT)
    assert reconciled(Kind.NAME, mrz("TSERETELI"), printed("წერეთელი"))[1] is Verdict.AGREE
    assert reconciled(Kind.NAME, mrz("GULIEV"), printed("ҚУЛИЕВ"))[1] is Verdict.AGREE, "states romanise differently"
    assert reconciled(Kind.NAME, mrz("COHEN"), printed("כהן"))[1] is Verdict.SINGLE, (
        "nothing says how the zone writes it"
    )


class TestSame:
    @each(
        ("kind", "a", "b"),
        [
            (Kind.NAME, "MÜLLER", "Muller"),
            (Kind.NAME, "O'CONNOR", "oconnor"),
            (Kind.NUMBER, "12 34-56", "123456"),
            (Kind.STATE, "D", "DEU"),
            (Kind.STATE, "Deutschland", "D"),
            (Kind.DATE, "1988", "1988-05-01"),
            (Kind.DATE, "1988-05-01", "1988-05"),
            (Kind.LIST, ["B", "BE"], ["B", "BE"]),
            (Kind.TEXT, None, None),
        ],
    )
    def test_means_the_same(self, kind: Kind, a: Any, b: Any) -> None:
        assert same(kind, a, b)
        assert same(kind, b, a)

    @each(
        ("kind", "a", "b"),
        [
            (Kind.NAME, "MULLER", "MILLER"),
            (Kind.STATE, "AUT", "AUS"),
            (Kind.DATE, "1988-05-01", "1988-06"),
            (Kind.LIST, ["B"], ["B", "BE"]),
            (Kind.LIST, ["B"], "B"),
            (Kind.TEXT, None, ""),
        ],
    )
    def test_means_something_else(self, kind: Kind, a: Any, b: Any) -> None:
        assert not same(kind, a, b)
        assert not same(kind, b, a)


class TestOneSource:
    def test_nothing_is_absent(self) -> None:
        evidence = reconcile_field(Kind.NAME, [])
        assert (evidence.value, evidence.verdict, evidence.box) == (None, Verdict.ABSENT, None)

    @pytest.mark.parametrize("source", [mrz("SMITH"), printed("SMITH"), derived("SMITH")])
    def test_one_source_is_single(self, source: Source) -> None:
        evidence = reconcile_field(Kind.NAME, [source])
        assert (evidence.value, evidence.verdict) == ("SMITH", Verdict.SINGLE)
        assert (evidence.box, evidence.sources) == (source.box, (source,))

    @pytest.mark.parametrize("source", [mrz("P123", proven=True), printed("P123", proven=True), barcode("P123")])
    def test_one_that_a_check_proves_is_verified(self, source: Source) -> None:
        assert reconciled(Kind.NUMBER, source) == ("P123", Verdict.VERIFIED)

    def test_what_is_only_printed_is_as_sure_as_such_values_are_right(self) -> None:
        said = [0.5, 0.75, 0.9, 1.0]
        given = [reconcile_field(Kind.TEXT, [printed("ROME", one)]).confidence for one in said]
        assert given == sorted(given)
        assert given[1] == pytest.approx(0.71, abs=0.02)
        assert given[-1] < 1.0

    def test_what_is_rather_wrong_than_right_is_no_value_but_stays_in_the_evidence(self) -> None:
        one = reconcile_field(Kind.TEXT, [printed("ROME", 0.3)])
        assert (one.value, one.verdict, one.sources[0].value) == (None, Verdict.ABSENT, "ROME")

    def test_what_was_concluded_counts_only_where_nothing_was_read(self) -> None:
        assert reconciled(Kind.STATE, derived("CHN"), printed("JPN")) == ("JPN", Verdict.SINGLE)

    def test_of_several_of_one_kind_the_surest_speaks(self) -> None:
        assert reconciled(Kind.TEXT, printed("BERLIN", 0.5), printed("BONN", 0.8)) == ("BONN", Verdict.SINGLE)


class TestAgreement:
    def test_the_printed_form_wins_since_the_mrz_has_no_diacritics(self) -> None:
        evidence = reconcile_field(Kind.NAME, [mrz("MUELLER"), printed("Müller")])
        assert (evidence.value, evidence.verdict, evidence.box) == ("Müller", Verdict.AGREE, THERE)

    def test_a_name_that_the_mrz_had_no_room_for_agrees(self) -> None:
        assert reconciled(
            Kind.NAME, mrz("NILAVADHANANANDA CHAYAPA"), printed("Nilavadhanananda Chayapadejthamrongworanan")
        ) == (
            "Nilavadhanananda Chayapadejthamrongworanan",
            Verdict.AGREE,
        )

    def test_of_states_and_codes_the_mrz_s_form_is_the_normalised_one(self) -> None:
        assert reconciled(Kind.STATE, mrz("D"), printed("DEU"))[0] == "D"
        assert reconciled(Kind.CODE, mrz("P"), printed("p"))[0] == "P"

    def test_a_check_digit_that_covers_it_verifies(self) -> None:
        assert reconciled(Kind.DATE, mrz("1974-08-12", proven=True), printed("1974-08-12"))[1] is Verdict.VERIFIED

    def test_the_fuller_date_is_given(self) -> None:
        assert reconciled(Kind.DATE, mrz("1974-08-12"), printed("1974")) == ("1974-08-12", Verdict.AGREE)
        assert reconciled(Kind.DATE, mrz("1974"), printed("1974-08-12")) == ("1974-08-12", Verdict.AGREE)

    def test_two_that_agree_are_surer_than_either(self) -> None:
        evidence = reconcile_field(Kind.NUMBER, [mrz("P123", 0.9), printed("P123", 0.9)])
        assert evidence.confidence == pytest.approx(0.99)

    def test_an_agreed_name_is_as_sure_as_its_print_was_read(self) -> None:
        # The zone has no diacritics and cannot confirm them.
        surely, poorly = (reconcile_field(Kind.NAME, [mrz("KEPA"), printed("KĘPA", said)]) for said in (0.999, 0.8))
        assert 0.9 < surely.confidence < 0.99
        assert poorly.confidence < 0.6

    def test_a_barcode_proves_what_is_printed(self) -> None:
        assert reconciled(Kind.NAME, barcode("MULLER"), printed("Müller", 0.5)) == ("Müller", Verdict.VERIFIED)
        assert reconciled(Kind.NAME, barcode("MULLER"), printed("Miller", 0.5)) == ("MULLER", Verdict.VERIFIED)


class TestConflict:
    def test_a_surely_read_print_stands_against_an_mrz_that_nothing_proves(self) -> None:
        evidence = reconcile_field(Kind.DATE, [mrz("1985-07-14"), printed("1995-07-14")])
        assert (evidence.value, evidence.verdict, evidence.box) == ("1995-07-14", Verdict.CONFLICT, THERE)
        assert {source.value for source in evidence.sources} == {"1985-07-14", "1995-07-14"}
        assert "printed value was read surely" in evidence.note

    def test_a_poorly_read_print_does_not(self) -> None:
        evidence = reconcile_field(Kind.DATE, [mrz("1985-07-14"), printed("1995-07-14", 0.35)])
        assert (evidence.value, evidence.verdict, evidence.box) == ("1985-07-14", Verdict.CONFLICT, HERE)

    def test_against_check_digits_the_print_must_be_surer(self) -> None:
        proven = mrz("1985-07-14", proven=True)
        assert reconciled(Kind.DATE, proven, printed("1995-08-14", 0.6)) == ("1985-07-14", Verdict.CONFLICT)
        assert reconciled(Kind.DATE, proven, printed("1995-08-14", 0.8)) == ("1995-08-14", Verdict.CONFLICT)

    def test_a_date_that_check_digits_prove_stands_against_one_misread_digit(self) -> None:
        proven = mrz("1985-07-14", proven=True)
        assert reconciled(Kind.DATE, proven, printed("1995-07-14", 0.99)) == ("1985-07-14", Verdict.CONFLICT)
        assert reconciled(Kind.DATE, proven, printed("1985-07", 0.99))[0] == "1985-07-14"

    def test_a_print_that_was_hardly_read_contradicts_nothing(self) -> None:
        assert reconciled(Kind.DATE, mrz("1985-07-14", proven=True), printed("1995", 0.1)) == (
            "1985-07-14",
            Verdict.VERIFIED,
        )
        assert reconciled(Kind.DATE, mrz("1985-07-14"), printed("1995", 0.1)) == ("1985-07-14", Verdict.SINGLE)

    def test_what_is_no_date_in_the_mrz_contradicts_the_printed_date(self) -> None:
        evidence = reconcile_field(Kind.DATE, [mrz(None, 0.2), printed("1995-07-14")])
        assert (evidence.value, evidence.verdict) == ("1995-07-14", Verdict.CONFLICT)
        assert "no date" in evidence.note

    def test_what_is_no_date_in_the_mrz_alone_is_null(self) -> None:
        assert reconciled(Kind.DATE, mrz(None, 0.2)) == (None, Verdict.ABSENT)

    def test_a_contradicted_value_is_less_sure_than_its_source(self) -> None:
        for sources in ([mrz("A1"), printed("B2")], [mrz("A1", proven=True), printed("B2", 0.5)]):
            evidence = reconcile_field(Kind.NUMBER, sources)
            own = next(source for source in sources if source.value == evidence.value)
            assert evidence.confidence < own.confidence


class TestModel:
    def test_a_model_that_says_nothing_changes_nothing(self) -> None:
        assert reconciled(Kind.NAME, printed("SMITH"), model(None)) == ("SMITH", Verdict.SINGLE)

    def test_a_model_alone_is_believed_as_far_as_the_page_supports_it(self) -> None:
        assert reconciled(Kind.NAME, model("SMITH")) == ("SMITH", Verdict.SINGLE)
        unsupported = reconcile_field(Kind.NAME, [model("SMITH", supported=False)])
        assert (unsupported.value, unsupported.verdict) == ("SMITH", Verdict.UNSUPPORTED)
        assert unsupported.confidence < 0.3

    def test_agreement_makes_surer(self) -> None:
        alone = reconcile_field(Kind.NAME, [printed("Müller", 0.6)])
        both = reconcile_field(Kind.NAME, [printed("Müller", 0.6), model("MUELLER")])
        assert (both.value, both.verdict) == ("Müller", Verdict.AGREE)
        assert both.confidence > alone.confidence

    def test_it_contradicts_a_single_source_without_replacing_it(self) -> None:
        evidence = reconcile_field(Kind.NAME, [printed("SMITH"), model("SMYTHE")])
        assert (evidence.value, evidence.verdict) == ("SMITH", Verdict.CONFLICT)

    def test_it_replaces_what_was_read_poorly_where_its_own_stands_on_the_page(self) -> None:
        assert reconciled(Kind.NAME, printed("SM", 0.3), model("SMITH")) == ("SMITH", Verdict.CONFLICT)
        assert reconciled(Kind.NAME, printed("SM", 0.3), model("SMITH", supported=False)) == ("SM", Verdict.CONFLICT)

    def test_an_unsure_guess_that_stands_nowhere_contradicts_nothing(self) -> None:
        assert reconciled(Kind.NAME, printed("SMITH"), model("JONES", 0.1, supported=False)) == (
            "SMITH",
            Verdict.SINGLE,
        )

    def test_it_goes_on_where_an_address_was_cut(self) -> None:
        assert reconciled(Kind.ADDRESS, printed("12 Main St"), model("12 Main St Springfield")) == (
            "12 Main St Springfield",
            Verdict.AGREE,
        )

    def test_a_name_that_the_mrz_cut_agrees_a_printed_one_does_not(self) -> None:
        assert reconciled(Kind.NAME, mrz("ANNA MAR"), model("Anna Maria")) == ("ANNA MAR", Verdict.AGREE)
        assert reconciled(Kind.NAME, printed("ANNA MAR"), model("Anna Maria")) == ("ANNA MAR", Verdict.CONFLICT)

    @pytest.mark.parametrize(
        "sources",
        [[mrz("P1", proven=True)], [mrz("P1"), printed("P1")]],
        ids=["proven", "agreed"],
    )
    def test_what_is_proven_or_agreed_stands(self, sources: list[Source]) -> None:
        before = reconcile_field(Kind.NUMBER, sources)
        after = reconcile_field(Kind.NUMBER, [*sources, model("P2")])
        assert (after.value, after.verdict, after.confidence) == (before.value, before.verdict, before.confidence)
        assert after.note

    def test_it_decides_a_contradiction_that_no_check_digit_does(self) -> None:
        sources = [mrz("1985-07-14"), printed("1995-07-14")]
        decided = reconcile_field(Kind.DATE, [*sources, model("1985-07-14")])
        assert (decided.value, decided.verdict, decided.box) == ("1985-07-14", Verdict.CONFLICT, HERE)
        other = reconcile_field(Kind.DATE, [*sources, model("1975-07-14")])
        assert other.value == "1995-07-14"

    def test_it_does_not_decide_against_a_check_digit(self) -> None:
        sources = [mrz("1985-07-14", proven=True), printed("1995-07-14", 0.5)]
        assert reconcile_field(Kind.DATE, [*sources, model("1995-07-14")]).value == "1985-07-14"

    def test_absent_stays_absent_where_the_model_is_silent(self) -> None:
        absent = FieldEvidence(None, Verdict.ABSENT, 0.9)
        assert with_model(Kind.NAME, absent, model(None)) is absent


VALUES: dict[Kind, list[Any]] = {
    Kind.NAME: ["MUELLER", "Müller", "MILLER", "M"],
    Kind.DATE: ["1974-08-12", "1974", "1975-08-12"],
    Kind.STATE: ["D", "AUT"],
    Kind.NUMBER: ["P123", "P 123", "Q9"],
    Kind.ADDRESS: ["12 Main St", "12 Main St Springfield"],
}


@st.composite
def readings(draw: st.DrawFn) -> tuple[Kind, list[Source]]:
    kind = draw(st.sampled_from(list(VALUES)))
    numbers = st.floats(0.0, 1.0, allow_nan=False)
    # Two sources that are equally sure have no order of their own, so each is given its own confidence.
    pairs = st.tuples(st.sampled_from([mrz, printed, barcode, derived, model]), numbers)
    chosen = draw(st.lists(pairs, max_size=5, unique_by=lambda pair: pair[1]))
    return kind, [make(draw(st.sampled_from(VALUES[kind])), confidence) for make, confidence in chosen]


@given(readings())
def test_a_value_is_never_made_up(case: tuple[Kind, list[Source]]) -> None:
    kind, sources = case
    evidence = reconcile_field(kind, sources)
    assert evidence.value is None or any(evidence.value == source.value for source in sources)
    assert (evidence.value is None) == (evidence.verdict is Verdict.ABSENT)
    assert 0.0 <= evidence.confidence <= 1.0
    assert evidence.sources == tuple(sources)


@given(readings(), st.randoms(use_true_random=False))
def test_the_order_of_sources_does_not_matter(case: tuple[Kind, list[Source]], random: Any) -> None:
    kind, sources = case
    shuffled = list(sources)
    random.shuffle(shuffled)
    one, other = reconcile_field(kind, sources), reconcile_field(kind, shuffled)
    assert (one.value, one.verdict, one.confidence, one.box) == (
        other.value,
        other.verdict,
        other.confidence,
        other.box,
    )


class TestDocument:
    def test_every_field_of_the_schema_has_its_evidence(self) -> None:
        document, values, fields, warnings = reconcile(Passport, {"surname": [printed("SMITH")]})
        assert isinstance(document, Passport)
        assert list(fields) == list(values) == list(Passport.model_fields)
        assert (document.surname, document.given_names) == ("SMITH", None)
        assert warnings == []

    def test_contradictions_are_warned_of_by_field_without_values(self) -> None:
        *_, warnings = reconcile(Passport, {"surname": [mrz("SMITHSON"), printed("JOHNSTONE")]})
        (warning,) = warnings
        assert (warning.code, warning.field) == ("conflict", "surname")
        assert "SMITHSON" not in warning.message
        assert "JOHNSTONE" not in warning.message

    def test_what_a_model_made_up_is_warned_of(self) -> None:
        document, _, fields, warnings = reconcile(Passport, {"surname": [model("SMITH", supported=False)]})
        assert [(warning.code, warning.field) for warning in warnings] == [("unsupported", "surname")]
        assert document.surname is None
        assert [source.value for source in fields["surname"].sources] == ["SMITH"]

    def test_what_a_model_made_up_is_kept_where_it_is_asked_for(self) -> None:
        sources = {"surname": [model("SMITH", supported=False)]}
        document, *_ = reconcile(Passport, sources, keep_unsupported=True)
        assert document.surname == "SMITH"

    def test_a_value_that_does_not_fit_its_type_is_null_and_kept_in_the_evidence(self) -> None:
        document, values, fields, warnings = reconcile(Passport, {"birth_date": [printed("31 February")]})
        assert isinstance(document, Passport)
        assert document.birth_date is values["birth_date"] is None
        assert fields["birth_date"].sources[0].value == "31 February"
        assert [(warning.code, warning.field) for warning in warnings] == [("invalid_value", "birth_date")]
        assert "February" not in warnings[0].message

    def test_rules_between_fields_lower_confidence_and_warn(self) -> None:
        sources = {"birth_date": [printed("2020-01-01")], "issue_date": [printed("2010-01-01")]}
        _, _, fields, warnings = reconcile(Passport, sources)
        assert [(warning.code, warning.field) for warning in warnings] == [("check_failed", "birth_date")]
        assert warnings[0].message.startswith("birth_before_issue")
        assert fields["birth_date"].confidence == fields["issue_date"].confidence == 0.6

    def test_a_checksum_verifies_its_field(self) -> None:
        right, wrong = "11010519491231002X", "110105194912310021"
        _, _, fields, warnings = reconcile(ChineseIdCard, {"document_number": [printed(right, 0.8)]})
        assert (fields["document_number"].verdict, fields["document_number"].confidence) == (Verdict.VERIFIED, 0.97)
        assert warnings == []
        _, _, fields, warnings = reconcile(ChineseIdCard, {"document_number": [printed(wrong)]})
        assert fields["document_number"].verdict is Verdict.SINGLE
        assert "check_failed" in {warning.code for warning in warnings}

    def test_a_checksum_settles_no_contradiction(self) -> None:
        number = [printed("11010519491231002X", 0.5), model("110105194912310021")]
        assert reconcile(ChineseIdCard, {"document_number": number})[2]["document_number"].verdict is Verdict.CONFLICT

    def test_the_drawn_passport_whose_zone_contradicts_its_print(self) -> None:
        """Lines of 39 and 43 characters without a valid check digit: names come from them, dates from the print."""
        sources = {
            "surname": [mrz("GUPTA", 0.4)],
            "given_names": [mrz("RAHUL RAM", 0.4)],
            "document_number": [mrz("700000000", 0.2), printed("910239248", 0.9)],
            "birth_date": [mrz("1981-03-05", 0.2), printed("1988-05-12", 0.9)],
            "expiry_date": [mrz("2019-01-03", 0.2), printed("2027-11-02", 0.9)],
        }
        document, _, fields, warnings = reconcile(Passport, sources)
        assert isinstance(document, Passport)
        assert (document.surname, document.given_names) == ("GUPTA", "RAHUL RAM")
        assert (document.document_number, document.birth_date, document.expiry_date) == (
            "910239248",
            "1988-05-12",
            "2027-11-02",
        )
        contradicted = {name for name, one in fields.items() if one.verdict is Verdict.CONFLICT}
        assert contradicted == {"document_number", "birth_date", "expiry_date"}
        assert {warning.field for warning in warnings if warning.code == "conflict"} == contradicted
