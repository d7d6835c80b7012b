"""The reported distributions of columns."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench
from spark_jobs.cleaning import distributions as module
from spark_jobs.cleaning.distributions import distribution_of, distributions

CONTRACT = Contract.model_validate(
    {
        "columns": {"age": "numeric", "a.b `c`": "categorical", "words": "text"},
        "label": {"column": "y", "positive": "yes"},
        "id": ["k"],
    }
)
HEADER = "age,a.b `c`,words,y,k\n"
PICKED: Any = CONTRACT.pick("columns", "label")


def test_each_column_of_the_contract_is_described_by_its_kind(bench: Bench) -> None:
    text = HEADER + "1,red,ab,yes,1\n-0,red,abc,no,2\n0,?,,no,3\n"

    found = bench.process(text, CONTRACT).result.figures["distributions"]

    assert found == {
        "age": {
            "kind": "numeric",
            "rows": 3,
            "missing": 0,
            "values": {"0.0": 2, "1.0": 1},
            "other": 0,
        },
        "a.b `c`": {
            "kind": "categorical",
            "rows": 3,
            "missing": 1,
            "values": {"red": 2},
            "other": 0,
        },
        "words": {
            "kind": "text",
            "rows": 3,
            "missing": 1,
            "quantiles": [2] * 26 + [3] * 25,
        },
        "y": {
            "kind": "categorical",
            "rows": 3,
            "missing": 0,
            "values": {"no": 2, "yes": 1},
            "other": 0,
        },
    }


def test_no_row_has_no_distribution(bench: Bench) -> None:
    found = bench.process(HEADER, CONTRACT).result.figures["distributions"]

    assert [column["rows"] for column in found.values()] == [0, 0, 0, 0]
    assert found["words"]["quantiles"] == []


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=200))
def test_a_quantile_is_the_least_number_that_so_many_do_not_exceed(numbers: list[float]) -> None:
    quantiles = distribution_of("text", numbers).get("quantiles", [])

    assert len(quantiles) == (51 if numbers else 0)
    for step, quantile in enumerate(quantiles):
        up_to = sum(number <= quantile for number in numbers)
        below = sum(number < quantile for number in numbers)
        assert below * 50 <= step * len(numbers) <= up_to * 50


@given(st.lists(st.one_of(st.none(), st.integers(0, 99)), max_size=300))
def test_the_most_frequent_categories_are_counted_one_by_one(
    numbers: Sequence[int | None],
) -> None:
    cells = [None if number is None else str(number) for number in numbers]
    counts = Counter(cell for cell in cells if cell)

    found = distribution_of("categorical", cells)

    values = found.get("values", {})
    assert len(values) == min(50, len(counts))
    assert all(counts[name] == count for name, count in values.items())
    least = min(values.values(), default=0)
    assert all(count <= least for name, count in counts.items() if name not in values)
    assert found["missing"] + found.get("other", 0) + sum(values.values()) == found["rows"]


def test_a_number_with_many_values_has_quantiles() -> None:
    assert "values" in distribution_of("numeric", [float(i) for i in range(50)])
    assert distribution_of("numeric", [float(i) for i in range(51)]).get("quantiles", [])[25] == 25


@pytest.fixture(name="few_sampled")
def fixture_few_sampled(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(module, "SAMPLED_ROWS", 500)
    return 500


def sampled(spark: SparkSession, tasks: int, *, upside_down: bool) -> dict[str, Any]:
    number = F.col("id").cast("string")
    rows = spark.range(4000).select(
        F.col("id").cast("double").alias("age"),
        number.alias("a.b `c`"),
        number.alias("words"),
        number.alias("y"),
        F.sha2(number, 256).alias("__row_id"),
    )
    ordered = rows.sort(F.desc("age") if upside_down else F.asc("__row_id"))
    return distributions(ordered.repartition(tasks), 4000, PICKED)


def test_a_sample_is_the_same_whatever_the_order_of_rows(
    spark: SparkSession, few_sampled: int
) -> None:
    one = sampled(spark, 1, upside_down=False)
    other = sampled(spark, 7, upside_down=True)

    assert one == other
    assert one["age"]["rows"] == pytest.approx(few_sampled, abs=4 * math.sqrt(few_sampled))
    assert one["age"]["quantiles"][25] == pytest.approx(2000, abs=250)


def test_rows_that_are_all_equal_are_not_all_taken(spark: SparkSession, few_sampled: int) -> None:
    rows = spark.range(4000).select(
        *(F.lit(1.0).alias("age"), F.lit("c").alias("a.b `c`"), F.lit("w").alias("words")),
        *(F.lit("yes").alias("y"), F.lit("0" * 64).alias("__row_id")),
    )

    assert distributions(rows, 4000, PICKED)["age"]["rows"] == 2 * few_sampled
