"""The population stability index of two reported distributions."""

import math
import random
from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr_ml.checks.stability import stability_index
from spark_jobs.cleaning.distributions import distribution_of
from spark_jobs.cleaning.figures import Distribution
from spark_jobs.contract import Kind

MAX_DRIFT = 0.25


def distribution(kind: str, values: Sequence[Any]) -> Distribution:
    return distribution_of(cast("Kind", kind), values)


def index(kind: str, before: Sequence[Any], after: Sequence[Any]) -> float:
    found = stability_index(distribution(kind, before), distribution(kind, after))
    assert found
    return found.value


def exceeds_threshold(kind: str, before: Sequence[Any], after: Sequence[Any]) -> bool:
    found = stability_index(distribution(kind, before), distribution(kind, after))
    assert found
    return found.value > MAX_DRIFT + found.noise


def test_the_index_is_that_of_the_formula() -> None:
    before, after = ["a"] * 50 + ["b"] * 50, ["a"] * 75 + ["b"] * 25

    expected = 0.25 * math.log(0.75 / 0.5) + -0.25 * math.log(0.25 / 0.5)
    assert index("categorical", before, after) == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["numeric", "categorical", "text"])
@given(st.lists(st.one_of(st.none(), st.integers(0, 200)), min_size=1, max_size=300))
@settings(max_examples=50, deadline=None)
def test_what_is_the_same_has_not_stability_index(kind: str, values: list[int | None]) -> None:
    cells = [str(v) if v is not None and kind == "categorical" else v for v in values]

    assert index(kind, cells, cells) == pytest.approx(0, abs=1e-6)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_the_index_of_any_two_samples_is_finite(data: st.DataObject) -> None:
    numbers = st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)))
    before, after = data.draw(numbers), data.draw(numbers)

    found = stability_index(distribution("numeric", before), distribution("numeric", after))

    assert (found is None) == (not before or not after)
    assert found is None or (math.isfinite(found.value) and found.value >= -1e-6)


@pytest.mark.parametrize("rows", [20, 50, 200, 2000])
@pytest.mark.parametrize("draw", ["normal", "atoms", "few", "rare", "many", "even", "lengths"])
def test_two_samples_of_one_population_hardly_ever_exceed_the_threshold(
    draw: str, rows: int
) -> None:
    drawn = random.Random(f"{draw} {rows}")
    draws = {
        "normal": ("numeric", lambda: drawn.gauss(0, 1)),
        "atoms": ("numeric", lambda: drawn.choice([0.0, 0.0, 1.0, drawn.random()])),
        "few": ("numeric", lambda: float(drawn.randint(1, 7))),
        "rare": ("categorical", lambda: "yes" if drawn.random() < 0.02 else "no"),
        "many": ("categorical", lambda: f"{int(drawn.expovariate(0.02))}"),
        "even": ("categorical", lambda: f"{drawn.randrange(60)}"),
        "lengths": ("text", lambda: int(drawn.lognormvariate(5, 1))),
    }
    kind, one = draws[draw]
    several = [([one() for _ in range(rows)], [one() for _ in range(rows)]) for _ in range(40)]

    assert sum(exceeds_threshold(kind, before, after) for before, after in several) <= 1


NORMAL = [random.Random(1).gauss(0, 1) for _ in range(500)]


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("numeric", NORMAL, [value + 1 for value in NORMAL]),
        ("numeric", NORMAL, [value * 3 for value in NORMAL]),
        ("numeric", NORMAL, [value * 1000 for value in NORMAL]),
        ("numeric", NORMAL, [0.0] * 500),
        ("numeric", NORMAL, [None if i % 2 else value for i, value in enumerate(NORMAL)]),
        ("numeric", [1.0] * 500, [2.0] * 500),
        ("numeric", [0.0] * 20 + [1.0] * 480, [0.0] * 250 + [1.0] * 250),
        ("numeric", [0.0] * 480 + [1.0] * 20, [0.0] * 250 + [1.0] * 250),
        ("numeric", [None] * 500, [1.0] * 500),
        ("categorical", ["a", "b"] * 250, ["a"] * 490 + ["b"] * 10),
        ("categorical", ["a", "b"] * 250, ["A", "B"] * 250),
        ("categorical", ["a"] * 500, ["a"] * 300 + [f"new {i}" for i in range(200)]),
        ("categorical", ["a"] * 200 + ["b"] * 300, [f"{i}" for i in range(200)] + ["b"] * 300),
        ("text", list(range(100, 600)), [length // 3 for length in range(100, 600)]),
    ],
)
def test_a_change_exceeds_the_threshold(kind: str, before: list[Any], after: list[Any]) -> None:
    assert exceeds_threshold(kind, before, after)


def test_a_column_of_another_kind_is_not_compared() -> None:
    assert (
        stability_index(distribution("numeric", [1.0]), distribution("categorical", ["1"])) is None
    )
