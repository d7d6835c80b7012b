"""What is learned of a label: the contract and the jobs agree."""

from typing import Any

import pytest

from emr_ml.contract.schema import Label
from spark_jobs.problem import problem_of


@pytest.mark.parametrize(
    "label", [{"positive": "yes"}, {"classes": ["a", "b"]}, {}, {"kind": "numeric"}]
)
def test_the_problem_is_the_contracts(label: dict[str, Any]) -> None:
    given = Label.model_validate({"column": "y", **label})

    assert problem_of(given.model_dump(mode="json")) == given.problem
