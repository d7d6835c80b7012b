"""How a check is declared, and what it is compared with."""

import dagster as dg
import pytest

from emr_ml.champions.decision import CHECKS_BY_ASSET
from emr_ml.checks.check import Check, CheckContext, Evaluation, blocking_check, check
from emr_ml.checks.rows import ROW_CHECKS
from emr_ml.checks.snapshot import SNAPSHOT_CHECKS
from emr_ml.contract import Contract
from emr_ml.definitions import defs
from emr_ml_tests.checks.reports import a_report, check_context, train_champion
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import commit

CONTRACT = Contract.model_validate({"columns": {"a": "numeric"}})
BLOCKING = {
    *("header_fits", "rows_conserved", "rejected_share", "unique_id", "label_classes"),
    "coefficients_finite",
}


@check
def few_rows(context: CheckContext) -> Evaluation:
    """There are few rows."""
    rows = context.report.rows["in"]
    return Evaluation(f"{rows} rows" if rows > 10 else None, {"rows": rows}, note="few enough")


@blocking_check
def no_rows(context: CheckContext) -> Evaluation:
    """There are no rows,
    not even rejected ones.
    """
    return Evaluation("there are rows" if context.report.rows["in"] else None)


def test_name_and_description_are_those_of_the_function() -> None:
    spec = no_rows.spec(dg.AssetKey("an_asset"))

    assert (spec.name, spec.asset_key, spec.blocking) == ("no_rows", dg.AssetKey("an_asset"), True)
    assert spec.description == "There are no rows, not even rejected ones."


@pytest.mark.parametrize(
    ("declared", "rows", "passed", "severity", "description"),
    [
        (few_rows, 10, True, dg.AssetCheckSeverity.WARN, "few enough"),
        (few_rows, 11, False, dg.AssetCheckSeverity.WARN, "11 rows"),
        (no_rows, 0, True, dg.AssetCheckSeverity.ERROR, None),
        (no_rows, 1, False, dg.AssetCheckSeverity.ERROR, "there are rows"),
    ],
)
def test_only_a_blocking_check_fails_with_an_error(
    declared: Check,
    rows: int,
    passed: bool,
    severity: dg.AssetCheckSeverity,
    description: str | None,
) -> None:
    result = declared.result(check_context(CONTRACT, rows={"in": rows}))

    assert (result.passed, result.severity) == (passed, severity)
    assert result.description == description


def test_every_asset_shows_the_checks_that_its_versions_are_promoted_by() -> None:
    shown: dict[str, set[str]] = {}
    for key in defs.resolve_asset_graph().asset_check_keys:
        shown.setdefault(key.asset_key.path[-1], set()).add(key.name)

    expected = {asset: {each.name for each in checks} for asset, checks in CHECKS_BY_ASSET.items()}
    expected |= {
        name: {each.name for each in ROW_CHECKS} for name in ("predictions", "sales_by_seller")
    }
    snapshots = ("raw_csv_s3", "raw_sales_csv_s3", "raw_scoring_csv_s3")
    expected |= {name: {each.name for each in SNAPSHOT_CHECKS} for name in snapshots}
    assert shown == {**expected, "champion_metrics": expected["metrics"]}


def test_the_checks_that_block_are_those_without_which_nothing_can_be_learned() -> None:
    checks = [each for group in (*CHECKS_BY_ASSET.values(), SNAPSHOT_CHECKS) for each in group]

    assert {each.name for each in checks if each.blocking} == BLOCKING
    assert all(each.description for each in checks)


def test_the_baseline_is_the_data_that_the_champion_was_trained_on(folder_lake: Lake) -> None:
    train_champion(folder_lake, {"table_rows": 1})
    commit(folder_lake, a_report(version="d2"))

    baseline = check_context(CONTRACT, folder_lake, version="d2").baseline

    assert baseline.report
    assert baseline.report.version == "d1"


def test_without_a_champion_there_is_no_baseline(folder_lake: Lake) -> None:
    baseline = check_context(CONTRACT, folder_lake).baseline

    assert baseline.report is None
    assert "there is no champion yet" in baseline.missing_reason


def test_training_data_that_is_gone_is_no_baseline(folder_lake: Lake) -> None:
    train_champion(folder_lake, {})
    folder_lake.remove("processed_dataset/d1/report.json")

    baseline = check_context(CONTRACT, folder_lake).baseline

    assert baseline.report is None
    assert "the training data of the champion m1 is gone" in baseline.missing_reason
