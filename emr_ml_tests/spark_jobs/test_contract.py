"""What is learned of a label: the contract and the jobs agree."""

from typing import Any

import pytest

from emr_ml.contract.schema import Label
from spark_jobs.contract import problem_of


@pytest.mark.parametrize(
    "label", [{"positive": "yes"}, {"classes": ["a", "b"]}, {}, {"kind": "numeric"}]
)
def test_the_problem_is_the_contracts(label: dict[str, Any]) -> None:
    given = Label.model_validate({"column": "y", **label})

    dumped: Any = given.model_dump(mode="json")

    assert problem_of(dumped) == given.problem
