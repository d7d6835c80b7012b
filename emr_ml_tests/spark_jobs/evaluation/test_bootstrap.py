"""Resampled groups, compared with resampled rows."""

import numpy as np
import pytest

from spark_jobs.champion_model import GROUPS
from spark_jobs.evaluation.bootstrap import resampled_means


def of_rows(values: np.ndarray, share: float) -> float:
    """The quantile of means of rows that are drawn one by one."""
    chance = np.random.default_rng(7)
    means = [chance.choice(values, values.size).mean() for _ in range(4000)]
    return float(np.quantile(means, share))


def in_groups(values: np.ndarray) -> list[float]:
    group = np.random.default_rng(3).integers(0, GROUPS, values.size)
    groups = np.unique(group)
    sums = [float(values[group == each].sum()) for each in groups]
    return resampled_means(sums, [int((group == each).sum()) for each in groups])


@pytest.mark.parametrize("rows", [60, 900, 20_000])
@pytest.mark.parametrize("share", [0.025, 0.5, 0.975])
def test_resampled_groups_have_the_quantiles_of_resampled_rows(rows: int, share: float) -> None:
    values = np.random.default_rng(rows).exponential(size=rows) - 0.9

    found = in_groups(values)[round(share * 200)]

    spread = values.std() / rows**0.5
    assert found == pytest.approx(of_rows(values, share), abs=0.2 * spread)


def test_resampling_is_reproducible() -> None:
    values = np.random.default_rng(1).normal(size=100)

    assert in_groups(values) == in_groups(values)


def test_quantiles_are_ascending() -> None:
    found = in_groups(np.random.default_rng(1).normal(size=100))

    assert len(found) == 201
    assert found == sorted(found)


def test_one_group_has_one_mean() -> None:
    assert resampled_means([3.0], [6]) == [0.5] * 201
