"""Minimization by limited-memory BFGS."""

from itertools import islice

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_jobs.learning.lbfgs import minimize

Numbers = npt.NDArray[np.float64]


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_the_last_point_is_the_minimum_of_a_parabola_and_each_value_is_lower_than_the_one_before(
    seed: int, size: int
) -> None:
    chance = np.random.default_rng(seed)
    root = chance.normal(size=(size, size))
    curvature, lowest = root @ root.T + np.eye(size), chance.normal(size=size)

    def parabola(point: Numbers) -> tuple[float, Numbers]:
        gradient = curvature @ (point - lowest)
        return float((point - lowest) @ gradient / 2), gradient

    passed = list(islice(minimize(parabola, np.zeros(size)), 500))
    values = [value for value, _ in passed]

    assert values == sorted(values, reverse=True)
    assert passed[-1][1] == pytest.approx(lowest, abs=1e-4)


def test_steps_that_are_too_long_are_shortened() -> None:
    def steep(point: Numbers) -> tuple[float, Numbers]:
        return float(np.cosh(20 * point[0])), 20 * np.sinh(20 * point)

    *_, (value, point) = islice(minimize(steep, np.array([3.0])), 200)

    assert value == pytest.approx(1.0)
    assert point == pytest.approx([0.0], abs=1e-6)


def test_nothing_is_passed_from_a_minimum() -> None:
    def flat(point: Numbers) -> tuple[float, Numbers]:
        return 1.0, np.zeros_like(point)

    assert len(list(minimize(flat, np.zeros(3)))) <= 1
