"""Which featurizers are tried, and what users can do if no candidate can be chosen."""

from typing import Any, cast

import pytest

from emr_ml_tests.spark_jobs.learning.featurized import rules_of
from emr_ml_tests.spark_jobs.learning.local import params_with
from spark_jobs.learning.candidates import (
    Search,
    featurizer_settings,
    is_better,
    no_finite_loss,
)


def tried(columns: dict[str, Any], *featurizers: dict[str, Any]) -> list[int]:
    default = params_with()["featurizers"][0]
    params = params_with(featurizers=[{**default, **each} for each in featurizers])
    return [each["index"] for each in featurizer_settings(params, 2, rules_of(columns))]


def test_without_a_text_featurizers_that_differ_for_texts_alone_are_one() -> None:
    both = {"text": "tf_idf"}, {"text": "hashing_tf"}, {"numeric": "minmax"}

    assert tried({"x": "numeric"}, *both) == [0, 2]
    assert tried({"x": "numeric", "t": "text"}, *both) == [0, 1, 2]


@pytest.mark.parametrize(
    ("parameter", "advice"),
    [("regularization", "larger values of `regularization`"), ("max_depth", "`min` and `max`")],
)
def test_without_a_finite_loss_the_advice_fits_the_estimator(parameter: str, advice: str) -> None:
    candidate: Any = {"featurizer": 0, parameter: 5}

    message = no_finite_loss("log_loss", [candidate])

    assert message.startswith("no candidate has a finite log loss")
    assert advice in message


class ScriptedSearch:
    """A search whose best trial has one loss on one row of `step`, and another one in full."""

    def __init__(self, loss: float, *, step: int = 1, in_full: float | None = None) -> None:
        self.lowest_loss, self.step, self._in_full = loss, step, in_full

    def complete(self) -> None:
        if self._in_full is not None:
            self.lowest_loss, self.step = self._in_full, 1


def compared(search: ScriptedSearch, other: ScriptedSearch) -> bool:
    return is_better(cast("Search", search), cast("Search", other))


def test_searches_on_equal_samples_are_compared_without_a_fit_in_full() -> None:
    search = ScriptedSearch(0.3, step=4, in_full=0.9)
    other = ScriptedSearch(0.4, step=4, in_full=0.1)

    assert compared(search, other)
    assert (search.step, other.step) == (4, 4)


@pytest.mark.parametrize("step", [1, 2])
def test_searches_on_other_shares_of_the_rows_are_completed_before(step: int) -> None:
    assert compared(ScriptedSearch(0.5, step=4, in_full=0.2), ScriptedSearch(0.3, step=step))
    assert not compared(ScriptedSearch(0.3, step=step), ScriptedSearch(0.5, step=4, in_full=0.2))
