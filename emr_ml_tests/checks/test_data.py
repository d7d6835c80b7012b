"""Whether columns without values and rows that stand there again are told."""

import dagster as dg
import pytest

from emr_ml.checks.data import DUPLICATES, NULL_SHARE, UNIQUE_ID, judge_data
from emr_ml.contract import Contract
from emr_ml_tests.checks.reports import evidence

CONTRACT = Contract.model_validate({"columns": {"a": "numeric", "fax": "text"}})


def verdict(check: str, kept: int = 100, **figures: object) -> dg.AssetCheckResult:
    facts = evidence(CONTRACT, rows={"in": kept, "kept": kept, "rejected": 0}, figures=figures)
    result = next(result for result in judge_data(facts) if result.check_name == check)
    assert result.severity == dg.AssetCheckSeverity.WARN
    return result


@pytest.mark.parametrize(("missing", "passes"), [(95, True), (96, False)])
def test_a_column_with_next_to_no_value_is_named(missing: int, passes: bool) -> None:
    result = verdict(NULL_SHARE, columns={"a": {"missing": 0}, "fax": {"missing": missing}})

    assert result.passed is passes
    assert passes or "missing are 'fax' 96.0%; 95.0% may be" in str(result.description)


@pytest.mark.parametrize(("again", "passes"), [(50, True), (51, False)])
def test_rows_that_equal_an_earlier_one_are_counted(again: int, passes: bool) -> None:
    result = verdict(DUPLICATES, duplicates={"rows": again, "ids": None})

    assert result.passed is passes
    assert passes or "51 of 100 rows (51.0%) equal an earlier row" in str(result.description)


@pytest.mark.parametrize("check", [NULL_SHARE, DUPLICATES])
def test_nothing_is_said_of_no_rows(check: str) -> None:
    assert verdict(check, kept=0, columns={"a": {"missing": 0}}, duplicates={"rows": 0}).passed


def unique_id(*, asked_for: bool, again: int | None) -> tuple[bool, str | None]:
    contract = Contract.model_validate(
        {"columns": {"a": "numeric"}, "id": ["k"], "checks": {"unique_id": asked_for}}
    )
    facts = evidence(contract, figures={"duplicates": {"rows": 0, "ids": again}})
    result = next(r for r in judge_data(facts) if r.check_name == UNIQUE_ID)
    return result.passed, result.description


def test_an_id_that_stands_twice_fails_where_the_contract_asks_for_unique_ones() -> None:
    passed, said = unique_id(asked_for=True, again=2)

    assert not passed
    assert str(said).startswith("2 rows have an id ('k') that an earlier row has")


@pytest.mark.parametrize(("asked_for", "again"), [(True, 0), (False, 2), (False, None)])
def test_an_id_may_stand_twice_where_the_contract_does_not_mind(
    asked_for: bool, again: int | None
) -> None:
    assert unique_id(asked_for=asked_for, again=again) == (True, None)
