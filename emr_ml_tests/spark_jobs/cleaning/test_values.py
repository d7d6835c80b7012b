"""Numbers as Spark parses them, against Python."""

import random
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from emr_ml.infer.number_format import NumberStyle
from spark_jobs.cleaning.values import parse_number
from spark_jobs.spelling import DURATIONS

if TYPE_CHECKING:
    from pyspark.sql import Column, SparkSession

STYLES = [
    NumberStyle(".", ",", "$"),
    NumberStyle(",", ".", "R$"),
    NumberStyle(",", " ", "€"),
    NumberStyle(".", "'", "%"),
    NumberStyle(".", "_", "kg", accounting=True),
    NumberStyle(".", ",", accounting=True, fractions=True),
    NumberStyle(".", ",", "$", accounting=True, multiples={"k": 1e3, "M": 1e6, "Mio.": 1e6}),
    NumberStyle(",", " ", multiples={"g": 1.0, "kg": 1e3}),
    NumberStyle(".", ",", "mg", limits=True),
    NumberStyle(".", multiples={"µs": 1e-6, "s": 1.0}),
]


def texts(style: NumberStyle) -> list[str]:
    """Numbers in that style, and texts made of the same characters."""
    rng = random.Random(str(style))
    whole = [f"{rng.randrange(10 ** rng.randrange(1, 9)):,}" for _ in range(150)]
    made = [each.replace(",", style.thousands) for each in whole]
    made += [f"{each}{style.decimal}{rng.randrange(100)}" for each in made]
    made += [f"{style.unit}{each}" for each in made[:50]] + [
        f"{each} {style.unit}" for each in made
    ]
    made += [f"-{each}" for each in made[:50]] + [f"({each})" for each in made[:50]]
    made += [f"{each}{name}" for each in made[:50] for name in ("k", " K", "kg", " Mio.", "M $")]
    made += [
        "3/4",
        "1 1/2",
        "5/0",
        "-7/2",
        "\u22127",
        f"-{style.unit}5",
        f"{style.unit}-5",
        "5-",
        "--5",
        *("( 1,234 )", "1,234 -", "( 7)", "5-3-", "(5-)", "(5)-", "- 5"),
        # a micro sign and a Greek letter that look alike: only the named one is known
        *("<0.05", "> 100", ">=7", "\u22645", "<<5", "<", "<-3", "< 7 mg"),
        *("7 \u00b5s", "7 \u03bcs", "7 S"),
    ]
    pieces = [*"0123456789.,'_-+()/ ", style.unit, "x"]
    return made + ["".join(rng.choices(pieces, k=rng.randrange(1, 9))) for _ in range(300)]


def parsed(spark: "SparkSession", values: list[str], parse: "Column") -> list[Any]:
    rows = spark.createDataFrame([(value.strip(),) for value in values], "text string")
    return [row[0] for row in rows.select(parse).collect()]


def durations() -> list[str]:
    """Durations in all styles, and texts made of the same pieces."""
    rng = random.Random(5)
    clocks = [f"{rng.randrange(200)}:{rng.randrange(70):02}" for _ in range(300)]
    made = clocks + [f"{each}:{rng.randrange(70):02}" for each in clocks]
    made += [f"{each}.{rng.randrange(1000)}" for each in made[::5]] + ["1:23,5", "0:05,25"]
    made += [
        f"{sign}{days}{each}" for each in made[::7] for sign in "+-" for days in ("", "2 days ")
    ]
    pieces = ["P", "T", "pt", "1.5", "2", "30", " ", ",", "W", "d", "days", "H", "Std.", "m", "M"]
    pieces += ["min", "s", "sekunden", "-", ":", "D\u00cdAS", "\u0131", "\n"]
    made += [f"{number}h {number}m" for number in range(200)]
    made += ["PT1H30M", "P1DT2H", "P1M", "P1Y", "PT0.5S", "2 weeks, 1 day", "5 mo", "1 D\u00cdA"]
    made += ["-1 day, 23:00:00", "-2 days, 1:00", "-1 days +23:00:00", "-1 day 1:30:00"]
    return made + ["".join(rng.choices(pieces, k=rng.randrange(1, 8))) for _ in range(3000)]


@pytest.mark.parametrize("written", DURATIONS)
def test_durations_are_those_that_the_contract_s_guess_reads(
    spark: "SparkSession", written: str
) -> None:
    style = NumberStyle(".", duration=written)
    values = [value for value in durations() if value.strip() == value]
    column = parse_number(F.col("text"), ".", vars(style))  # pyright: ignore[reportArgumentType] - its fields

    found = dict(zip(values, parsed(spark, values, column), strict=True))

    expected = {value: style.parse(value) for value in values}
    assert found == pytest.approx(expected)
    assert sum(value is not None for value in found.values()) > 150


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_numbers_are_those_that_the_contract_s_guess_reads(
    spark: "SparkSession", style: NumberStyle
) -> None:
    values = [value for value in texts(style) if value.strip()]
    column = parse_number(F.col("text"), ".", vars(style))  # pyright: ignore[reportArgumentType] - its fields

    found = parsed(spark, values, column)

    expected = [style.parse(value.strip()) for value in values]
    differing = [
        (value, mine, theirs)
        for value, mine, theirs in zip(values, found, expected, strict=True)
        if mine != (pytest.approx(theirs) if theirs is not None else None)
    ]
    assert differing == []
    assert sum(value is not None for value in found) > 200
