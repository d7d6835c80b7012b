"""Numbers and times as Spark parses them, against Python."""

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import functions as F

from emr_ml.infer.number_format import NumberStyle
from spark_jobs.cleaning.values import parse_datetime, parse_number

if TYPE_CHECKING:
    from pyspark.sql import Column, SparkSession

STYLES = [
    NumberStyle(".", ",", "$"),
    NumberStyle(",", ".", "R$"),
    NumberStyle(",", " ", "€"),
    NumberStyle(".", "'", "%"),
    NumberStyle(".", "_", "kg", accounting=True),
    NumberStyle(".", ",", accounting=True, fractions=True),
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
    made += ["3/4", "1 1/2", "5/0", "-7/2", f"-{style.unit}5", f"{style.unit}-5", "5-", "--5"]
    pieces = [*"0123456789.,'_-+()/ ", style.unit, "x"]
    return made + ["".join(rng.choices(pieces, k=rng.randrange(1, 9))) for _ in range(300)]


def parsed(spark: "SparkSession", values: list[str], parse: "Column") -> list[Any]:
    rows = spark.createDataFrame([(value.strip(),) for value in values], "text string")
    return [row[0] for row in rows.select(parse).collect()]


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


MOMENT = datetime(2024, 2, 29, 14, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("%Y-%m-%d %H:%M:%S", None),
        ("%Y-%m-%dT%H:%M:%S", None),
        ("%Y-%m-%dT%H:%M:%S.000Z", None),
        ("%d/%m/%Y %H:%M:%S", "d/M/yyyy H:mm:ss"),
        ("%m/%d/%y %I:%M:%S %p", "M/d/yy h:mm:ss a"),
        ("%d-%b-%Y %H:%M:%S", "d-MMM-yyyy H:mm:ss"),
        ("%B %d, %Y %H:%M:%S", "MMMM d, yyyy H:mm:ss"),
        ("%a, %d %b %Y %H:%M:%S +0000", "EEE, d MMM yyyy H:mm:ss XX"),
        ("%Y%m%d %H%M%S", "yyyyMMdd HHmmss"),
        ("%Y-%m-%dT%H:%M:%S.123", "yyyy-M-d'T'H:mm:ss.SSSSSSSSS"),
    ],
)
def test_a_time_is_read_by_its_pattern(
    spark: "SparkSession", written: str, pattern: str | None
) -> None:
    values = [MOMENT.strftime(written), "30/30/2024", "x"]

    (found, wrong, none) = parsed(
        spark, values, parse_datetime(F.col("text"), pattern, "UTC").cast("string")
    )

    assert found.partition(".")[0] == "2024-02-29 14:05:09"
    assert (wrong, none) == (None, None)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("2024-07-01T12:00:00+02:00", None, "2024-07-01 19:00:00"),
        ("2024-07-01T12:00:00Z", None, "2024-07-01 21:00:00"),
        ("2024-07-01 12:00:00", None, "2024-07-01 12:00:00"),
        ("1/7/2024 12:00 +0200", "d/M/yyyy H:mm XX", "2024-07-01 19:00:00"),
        ("1/7/2024 12:00", "d/M/yyyy H:mm", "2024-07-01 12:00:00"),
    ],
)
def test_a_time_with_an_offset_is_told_in_the_zone(
    spark: "SparkSession", text: str, pattern: str | None, expected: str
) -> None:
    column = parse_datetime(F.col("text"), pattern, "Asia/Tokyo").cast("string")
    assert parsed(spark, [text], column) == [expected]
