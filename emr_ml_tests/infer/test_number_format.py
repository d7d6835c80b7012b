"""Numbers that are written for people: what marks and units mean."""

import pytest

from emr_ml.infer.number_format import NumberStyle, guess_number_style


@pytest.mark.parametrize(
    ("values", "style", "number"),
    [
        (["$1,234.50", "$7.00", "-$3.10"], NumberStyle(".", ",", "$"), 1234.5),
        (["R$ 1.234,50", "R$ 0,99"], NumberStyle(",", ".", "R$"), 1234.5),
        (["1.234,56 €", "7,00 €"], NumberStyle(",", ".", "€"), 1234.56),
        (["(1,200)", "35", "(7)"], NumberStyle(".", ",", accounting=True), -1200.0),
        (["1200-", "35", "7-"], NumberStyle(".", accounting=True), -1200.0),
        (["12.5%", "3%"], NumberStyle(".", unit="%"), 12.5),
        (["1 234", "12", "1 000 000"], NumberStyle(".", " "), 1234.0),
        (["1\u00a0234,5", "12,0"], NumberStyle(",", " "), 1234.5),
        (["1_000", "250"], NumberStyle(".", "_"), 1000.0),
        (["1'234.50", "12.00"], NumberStyle(".", "'"), 1234.5),
        (["1,00,000", "5,000"], NumberStyle(".", ","), 100_000.0),
        (["3/4", "1/2", "1 1/2"], NumberStyle(".", fractions=True), 0.75),
        (["10kg", "7 kg"], NumberStyle(".", unit="kg"), 10.0),
        (["5 km/h", "7 km/h"], NumberStyle(".", unit="km/h"), 5.0),
        (["EUR 5", "EUR 7"], NumberStyle(".", unit="EUR"), 5.0),
        (["1,5", "2,25"], NumberStyle(","), 1.5),
        (["2.466,-", "1.000,50"], NumberStyle(",", "."), 2466.0),
        (["2.466,- €", "1.000,50 €"], NumberStyle(",", ".", "€"), 2466.0),
        (["90'369.-", "12.50"], NumberStyle(".", "'"), 90369.0),
    ],
)
def test_the_style_reads_its_values(values: list[str], style: NumberStyle, number: float) -> None:
    assert guess_number_style(values, ".") == style
    assert style.parse(values[0]) == number


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["1.5", "2"], id="plain"),
        pytest.param(["01452", "9870"], id="codes with leading zeros"),
        pytest.param(["CUST1", "CUST2"], id="codes with letters before"),
        pytest.param(["5kg", "5lb"], id="two units"),
        pytest.param(["red", "blue"], id="words"),
        pytest.param(["18-25", "26-40"], id="ranges"),
        pytest.param(["120/80", "130/85"], id="blood pressure"),
        pytest.param(["27/2", "3/12"], id="days and months"),
        pytest.param(["1st", "2nd", "3rd"], id="ranks"),
        pytest.param(["1" * 50, "$5"], id="very long"),
    ],
)
def test_other_values_have_no_style(values: list[str]) -> None:
    assert guess_number_style(values, ".") is None


def test_marks_before_three_digits_separate_thousands_unless_they_are_the_decimal_mark() -> None:
    assert guess_number_style(["1.234", "2.500"], ",") == NumberStyle(",", ".")
    assert guess_number_style(["1,234", "2,500"], ".") == NumberStyle(".", ",")


def test_groups_that_are_no_thousands_are_not_read() -> None:
    assert NumberStyle(".", ",").parse("1,23") is None
