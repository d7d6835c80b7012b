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
        (["<0.05", "0.3", "> 100", "7"], NumberStyle(".", limits=True), 0.05),
        (["\u22645 mg", "12 mg"], NumberStyle(".", unit="mg", limits=True), 5.0),
        (["( 1,200 )", "35", "(7)"], NumberStyle(".", ",", accounting=True), -1200.0),
        (["1,200 -", "35", "7-"], NumberStyle(".", ",", accounting=True), -1200.0),
        (["1200-", "35", "7-"], NumberStyle(".", accounting=True), -1200.0),
        (["\u22121.5", "2"], NumberStyle(".", accounting=True), -1.5),
        (["%12,5", "%3"], NumberStyle(",", unit="%"), 12.5),
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
        pytest.param(["5kg", "5h"], id="units of two kinds"),
        pytest.param(["red", "blue"], id="words"),
        pytest.param(["<18", ">=18"], id="classes"),
        pytest.param(["<18", "18-25", ">25"], id="ranges with limits"),
        pytest.param([">", "yes", "no"], id="a sign alone"),
        pytest.param(["18-25", "26-40"], id="ranges"),
        pytest.param(["120/80", "130/85"], id="blood pressure"),
        pytest.param(["27/2", "3/12"], id="days and months"),
        pytest.param(["1st", "2nd", "3rd"], id="ranks"),
        pytest.param(["$1.2 mil", "$300 mil"], id="a thousand or a million"),
        pytest.param(["5 mil", "300"], id="a thousand or a million beside others"),
        pytest.param(["1" * 50, "$5"], id="very long"),
    ],
)
def test_other_values_have_no_style(values: list[str]) -> None:
    assert guess_number_style(values, ".") is None


def test_marks_before_three_digits_separate_thousands_unless_they_are_the_decimal_mark() -> None:
    assert guess_number_style(["1.234", "2.500"], ",") == NumberStyle(",", ".")
    assert guess_number_style(["1,234", "2,500"], ".") == NumberStyle(".", ",")


def test_an_unknown_multiple_makes_no_number() -> None:
    style = NumberStyle(".", multiples={"\u00b5s": 1e-6, "s": 1.0})

    assert style.parse("7 \u00b5S") == 7e-6
    assert style.parse("7 \u03bcs") is None


def test_groups_that_are_no_thousands_are_not_read() -> None:
    assert NumberStyle(".", ",").parse("1,23") is None


@pytest.mark.parametrize(
    ("values", "multiples", "numbers"),
    [
        (["1.2k", "3M", "950"], {"k": 1e3, "M": 1e6}, [1200.0, 3e6, 950.0]),
        (["5k", "7K"], {"k": 1e3, "K": 1e3}, None),
        (["$1.2B", "$900M"], {"B": 1e9, "M": 1e6}, [1.2e9, 9e8]),
        (["1,2 Mio. €", "300 Tsd. €"], {"Mio.": 1e6, "Tsd.": 1e3}, [1.2e6, 3e5]),
        (["10 KB", "3 MB", "2 GiB"], {"KB": 1e3, "MB": 1e6, "GiB": 2.0**30}, None),
        (["1 day", "3 days"], {"day": 86400.0, "days": 86400.0}, [86400.0, 259200.0]),
        (["2 years", "3 weeks"], {"weeks": 604800.0, "years": 31557600.0}, None),
        (["500 g", "1.5 kg"], {"g": 1.0, "kg": 1e3}, [500.0, 1500.0]),
        (["4.9万", "2亿"], {"万": 1e4, "亿": 1e8}, [49000.0, 2e8]),
    ],
)
def test_numbers_may_be_multiples(
    values: list[str], multiples: dict[str, float], numbers: list[float] | None
) -> None:
    style = guess_number_style(values, ".")

    assert style is not None
    assert {name.casefold(): factor for name, factor in style.multiples.items()} == {
        name.casefold(): factor for name, factor in multiples.items()
    }
    assert numbers is None or [style.parse(value) for value in values] == numbers


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        pytest.param(["5 m", "7 m"], "m", id="metres"),
        pytest.param(["5 g", "7 g"], "g", id="grams"),
        pytest.param(["5 kg", "7"], "kg", id="some without"),
    ],
)
def test_one_letter_alone_is_a_unit(values: list[str], unit: str) -> None:
    style = guess_number_style(values, ".")
    assert style is not None and (style.unit, style.multiples) == (unit, {})


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["612 345 678", "699 123 456", "700 111 222"], id="phone numbers"),
        pytest.param(["+49 170 123 456", "+33 612 345 678", "+1 415 555 123"], id="with a plus"),
        pytest.param(["030 123 456", "089 654 321"], id="leading zeros"),
        pytest.param(["192.168.100.101", "192.168.101.200", "192.168.110.111"], id="IPv4"),
        pytest.param(["10.0.0.1", "10.0.0.27"], id="short IPv4"),
        pytest.param(["123-456-789", "987-654-321"], id="dashes"),
        pytest.param(["123.456.789", "987.654.321", "111.222.333"], id="points"),
        pytest.param(["4111 1111 1111 1111", "5500 0000 0000 0004"], id="card numbers"),
        pytest.param(["DE89 3704 0044 0532", "FR14 2004 1010 0505"], id="IBAN"),
        pytest.param(["1.2.3", "1.12.0"], id="versions"),
        pytest.param(["48.1, 11.5", "52.5, 13.4"], id="places on earth"),
    ],
)
def test_identifiers_in_groups_are_no_numbers(values: list[str]) -> None:
    assert guess_number_style(values, ".") is None


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["1 200 000", "9 900 000", "4 500 000"], id="prices of houses"),
        pytest.param(["123 456 000", "987 000 000", "200 500 000"], id="rounded"),
        pytest.param(["123,456,789", "987,654,321", "111,222,333"], id="commas"),
        pytest.param(["12 345 678", "123 456 789", "1 234 567"], id="different lengths"),
    ],
)
def test_amounts_in_groups_are_numbers(values: list[str]) -> None:
    assert guess_number_style(values, ".") is not None
