"""Whether a model can score the rows of another contract."""

from typing import Any

import pytest

from emr_ml.champions.compatibility import TrainingSchema
from emr_ml.contract import Contract

PLAIN: dict[str, Any] = {
    "columns": {"a": "numeric", "b": {"kind": "categorical", "allowed": ["x", "y"]}},
    "label": {"column": "y", "positive": "yes"},
}


def schema(**changes: Any) -> TrainingSchema:
    return TrainingSchema.of_contract(Contract.model_validate({**PLAIN, **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"columns": {"b": "categorical", "a": {"kind": "numeric", "min": 0}}},
        {"label": {"column": "y", "positive": "yes", "negative": ["no"]}},
        {"checks": {"max_rejected_share": 0.5}, "promotion": {"confidence": 0.9}},
        {"model": {"estimator": "random_forest"}},
    ],
    ids=["nothing", "rules and order", "negative", "thresholds", "model"],
)
def test_a_model_stays_compatible_if_only_other_fields_change(changes: dict[str, Any]) -> None:
    assert schema().incompatibility(schema(**changes)) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": {"a": "numeric"}}, "the categorical column 'b', which is missing now"),
        (
            {"columns": {"a": "text", "b": "categorical"}},
            "the numeric column 'a', which is text now",
        ),
        (
            {"label": {"column": "y", "positive": "no"}},
            "it predicts 'y' (categorical) = 'yes', and the label is 'y' (categorical) = 'no'",
        ),
        ({"label": {"column": "z", "kind": "numeric"}}, "the label is 'z' (numeric)"),
        ({"label": None}, "it predicts 'y'"),
        ({"split": {"train": 70}}, "the `split` has changed"),
        ({"id": ["k"]}, "the `id` has changed"),
        ({"columns": {**PLAIN["columns"], "c": "text"}}, "there is none and the columns"),
        ({"missing": ["-"]}, "the parsing of their values"),
        ({"label": {**PLAIN["label"], "blank": "no"}}, "the parsing of their values"),
    ],
)
def test_an_incompatible_change_is_explained(changes: dict[str, Any], said: str) -> None:
    assert said in str(schema().incompatibility(schema(**changes)))


def test_a_format_of_an_earlier_release_lacks_keys_that_are_not_set() -> None:
    columns = {**PLAIN["columns"], "a": {"kind": "numeric", "format": {"unit": "kg"}}}
    fields = Contract.model_validate({**PLAIN, "columns": columns}).pick(
        *("columns", "label", "split", "id", "format", "dialect", "missing")
    )
    del fields["columns"]["a"]["format"]["duration"]

    assert TrainingSchema.from_json(fields).incompatibility(schema(columns=columns)) is None


def test_columns_may_be_added_if_an_id_determines_the_split() -> None:
    more = {**PLAIN["columns"], "c": "text"}

    assert schema(id=["k"]).incompatibility(schema(id=["k"], columns=more)) is None


def test_parsing_may_change_if_an_id_determines_the_split() -> None:
    assert schema(id=["k"]).incompatibility(schema(id=["k"], missing=["-"])) is None


def test_another_label_is_another_task_and_other_columns_are_not() -> None:
    assert "it predicts 'y'" in str(schema().task_difference(schema(label={"column": "z"})))
    assert schema().task_difference(schema(columns={"a": "numeric"})) is None
