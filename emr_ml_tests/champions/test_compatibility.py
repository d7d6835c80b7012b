"""Whether a model can be put to rows of another contract."""

from typing import Any

import pytest

from emr_ml.champions.compatibility import Terms
from emr_ml.contract import Contract

PLAIN: dict[str, Any] = {
    "columns": {"a": "numeric", "b": {"kind": "categorical", "allowed": ["x", "y"]}},
    "label": {"column": "y", "positive": "yes"},
}


def terms(**changes: Any) -> Terms:
    return Terms.in_contract(Contract.model_validate({**PLAIN, **changes}))


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
def test_what_does_not_touch_what_a_model_needs_may_change(changes: dict[str, Any]) -> None:
    assert terms().why_not(terms(**changes)) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": {"a": "numeric"}}, "the categorical column 'b', which is not there now"),
        (
            {"columns": {"a": "text", "b": "categorical"}},
            "the numeric column 'a', which is text now",
        ),
        (
            {"label": {"column": "y", "positive": "no"}},
            "it predicts 'y' (categorical) = 'yes', and the label is 'y' (categorical) = 'no' now",
        ),
        ({"label": {"column": "z", "kind": "numeric"}}, "the label is 'z' (numeric) now"),
        ({"label": None}, "it predicts 'y'"),
        ({"split": {"train": 70}}, "the `split` has changed"),
        ({"id": ["k"]}, "the `id` has changed"),
        ({"columns": {**PLAIN["columns"], "c": "text"}}, "there is none and the columns"),
        ({"missing": ["-"]}, "the way that values are read"),
    ],
)
def test_what_makes_a_comparison_wrong_is_told(changes: dict[str, Any], said: str) -> None:
    assert said in str(terms().why_not(terms(**changes)))


def test_columns_may_come_in_where_an_id_keeps_rows_on_their_side() -> None:
    more = {**PLAIN["columns"], "c": "text"}

    assert terms(id=["k"]).why_not(terms(id=["k"], columns=more)) is None


def test_how_values_are_read_may_change_where_an_id_keeps_rows_on_their_side() -> None:
    assert terms(id=["k"]).why_not(terms(id=["k"], missing=["-"])) is None


def test_another_label_is_another_task_and_other_columns_are_not() -> None:
    assert "it predicts 'y'" in str(terms().other_task(terms(label={"column": "z"})))
    assert terms().other_task(terms(columns={"a": "numeric"})) is None
