"""Which candidate is chosen, and what users can do if none can be."""

from typing import Any

import pytest
from spark_jobs.learning.tuning import FittedTrial

from spark_jobs.learning.candidates import Candidate, best_candidate
from spark_jobs.runtime.job import JobError


def candidate(log_loss: float | None, **parameters: float) -> Candidate:
    settings: Any = {"index": 0}
    fitted = FittedTrial(None, parameters, {}, {"log_loss": log_loss, "accuracy": 0.5})
    return Candidate(settings, [], fitted)


def test_the_first_candidate_of_the_lowest_loss_is_the_best() -> None:
    candidates = [candidate(each) for each in (None, 0.4, 0.2, 0.2)]

    assert best_candidate(candidates, "log_loss") is candidates[2]


@pytest.mark.parametrize(
    ("parameter", "advice"),
    [("regularization", "larger values of `regularization`"), ("max_depth", "`min` and `max`")],
)
def test_without_a_finite_loss_the_advice_fits_the_estimator(parameter: str, advice: str) -> None:
    with pytest.raises(JobError, match=f"no candidate has a finite log loss.*{advice}"):
        best_candidate([candidate(None, **{parameter: 5})], "log_loss")
