"""Whether a fit has come to its end."""

import pytest

from spark_jobs.learning.tuning import is_flat


@pytest.mark.parametrize(
    ("history", "flat"),
    [
        ([1.0, 0.5, 0.25, 0.12], False),
        ([1.0, 0.5] + [0.1] * 30, True),
        ([1.0 - 0.02 * step for step in range(40)], False),
        ([1.0 - 0.0001 * step for step in range(100)], True),
        ([0.0], True),
    ],
)
def test_a_fit_is_flat_if_its_last_iterations_brought_next_to_nothing(
    history: list[float], flat: bool
) -> None:
    assert is_flat(history) is flat
