"""Which featurizers are tried, and what users can do if no candidate can be chosen."""

from typing import Any

import pytest

from emr_ml_tests.spark_jobs.learning.featurized import rules_of
from emr_ml_tests.spark_jobs.learning.local import params_with
from spark_jobs.learning.candidates import featurizer_settings, no_finite_loss


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
