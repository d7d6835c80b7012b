"""All checks of the data set that a model is trained on."""

import dagster as dg

from emr_ml.checks.baseline import find_baseline
from emr_ml.checks.data import data_checks, judge_data
from emr_ml.checks.drift import drift_checks, judge_drift
from emr_ml.checks.evidence import Evidence
from emr_ml.checks.label import judge_label, label_checks
from emr_ml.checks.rows import judge_rows, row_checks


def dataset_checks(asset: str) -> list[dg.AssetCheckSpec]:
    """What `judge_dataset` evaluates."""
    kinds = (row_checks, data_checks, label_checks, drift_checks)
    return [spec for checks in kinds for spec in checks(asset)]


def judge_dataset(evidence: Evidence) -> list[dg.AssetCheckResult]:
    """Its rows, columns and label, by themselves and against the champion's data."""
    baseline = find_baseline(evidence.lake, evidence.report.asset)
    return [
        *judge_rows(evidence),
        *judge_data(evidence),
        *judge_label(evidence, baseline),
        *judge_drift(evidence, baseline),
    ]
