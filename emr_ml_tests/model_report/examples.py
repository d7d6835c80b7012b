"""Reports of models, as their page is drawn from."""

from typing import Any

from emr_ml.model_report.facts import ModelFacts
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, commit, job_key

LABEL = {"column": "churned", "kind": "categorical", "positive": "yes", "negative": ["no"]}
CONTRACT = {
    "label": LABEL,
    "split": {"train": 64, "validation": 16},
    "columns": {
        "note": {"kind": "text"},
        "age": {"kind": "numeric"},
        "town": {"kind": "categorical"},
    },
    "id": ["customer"],
    "report": {"worst_rows": 20, "hidden": []},
}
NOTHING = dict.fromkeys(
    (
        *("accuracy", "f1", "precision", "recall", "auc_roc", "auc_pr", "log_loss", "brier"),
        *("calibration_error", "rmse", "mae", "r2", "precision_at_recall_50"),
        *("precision_at_recall_80", "precision_at_recall_90"),
    )
)
SLICES = [
    {
        "column": "town",
        "kind": "categorical",
        "slices": [
            {"value": "<b>Ulm", "rows": 40, "error": 0.5, "deviations": 4.0, "recall": 0.25},
            {"value": None, "rows": 160, "error": 0.05, "deviations": -4.0, "recall": None},
        ],
    },
    {
        "column": "age",
        "kind": "numeric",
        "slices": [{"value": "up to 30", "rows": 200, "error": 0.14, "deviations": 0.0}],
    },
]
WORST = [
    {
        "id": "ab12",
        "label": 1,
        "predicted": 0,
        "probability": 0.031,
        "loss": 3.5,
        "values": {"age": 41.0, "town": None, "note": "<script>alert(1)</script> " + "long " * 60},
    }
]
OLD_FIGURES = ("intervals", "slices", "worst_rows")  # what earlier releases did not report


def binary(threshold: float | None = 0.4) -> dict[str, Any]:
    """Figures of two classes; points of earlier releases have no threshold."""
    points = [
        {"false_positive_rate": 0.0, "recall": 0.5, "precision": 1.0, "threshold": 0.9},
        {"false_positive_rate": 0.1, "recall": 0.9, "precision": 0.7, "threshold": threshold},
        {"false_positive_rate": 1.0, "recall": 1.0, "precision": 0.2, "threshold": 0.01},
    ]
    if threshold is None:
        points = [{k: v for k, v in point.items() if k != "threshold"} for point in points]
    return {
        **NOTHING,
        "problem": "binary",
        "accuracy": 0.86,
        "precision": 0.7,
        "recall": 0.9,
        "auc_roc": 0.93,
        "log_loss": 0.3,
        "calibration_error": 0.02,
        "test_rows": 200,
        "majority_share": 0.8,
        "confusion": {"tp": 36, "fn": 4, "fp": 16, "tn": 144},
        "curves": {
            "ranking": points,
            "calibration": [
                {"bin": 0, "rows": 150, "probability": 0.04, "positive": 0.05},
                {"bin": 9, "rows": 50, "probability": 0.95, "positive": 0.9},
            ],
        },
        "intervals": {"accuracy": [0.81, 0.9], "log_loss": [0.25, 0.36]},
        "slices": SLICES,
        "worst_rows": WORST,
    }


def multiclass(*labels: str) -> dict[str, Any]:
    """Figures of several classes, of which the first is once taken for the last."""
    rows = [[5 * (row == column) for column in range(len(labels))] for row in range(len(labels))]
    rows[0][0], rows[0][-1] = 4, 1
    return {
        **NOTHING,
        "problem": "multiclass",
        "accuracy": 1 - 1 / (5 * len(labels)),
        "log_loss": 0.1,
        "test_rows": 5 * len(labels),
        "majority_share": 1 / len(labels),
        "confusion": {"labels": list(labels), "rows": rows},
    }


def regression(
    r2: float | None = 0.75, errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Figures of predicted numbers."""
    found = [{"from": -1.0, "rows": 3}, {"from": 0.0, "rows": 2}]
    return {
        **NOTHING,
        "problem": "regression",
        "rmse": 2.0,
        "mae": 1.5,
        "r2": r2,
        "test_rows": 5,
        "curves": {
            "fit": [{"bin": 0, "rows": 5, "predicted": 1.0, "label": 1.5}],
            "errors": found if errors is None else errors,
        },
    }


def model_figures(**changes: Any) -> dict[str, Any]:
    candidate = {
        "estimator": "logistic_regression",
        "featurizer": 0,
        "regularization": 0.005,
        "log_loss": 0.31,
        "converged": True,
    }
    return {
        "problem": "binary",
        "estimator": "logistic_regression",
        **{name: candidate[name] for name in ("regularization", "log_loss", "converged")},
        "featurizer": {"index": 0},
        "candidates": [{**candidate, "regularization": 5e-5, "log_loss": 0.4}, candidate],
        "ignored_columns": [],
        "strongest": [
            {"feature": "town=Ulm", "weight": 1.5},
            {"feature": "age", "weight": -0.5},
        ],
        **changes,
    }


def a_model(contract: dict[str, Any] = CONTRACT, **model: Any) -> ModelFacts:
    """Facts about a model whose figures have these changes."""
    featurizers = [{"text": "tf_idf", "binary": True}, {"text": "hashing_tf", "binary": True}]
    return ModelFacts(
        a_report(asset="metrics", figures=binary()),
        a_report(
            asset="lr_model",
            rows={"train": 62, "validation": 15, "test": 20},
            figures=model_figures(**model),
            params={"featurizers": featurizers},
        ),
        contract=contract,
    )


def commit_model(
    lake: Lake, figures: dict[str, Any], contract: dict[str, Any] = CONTRACT
) -> Report:
    """Commit a snapshot, a data set, a model and its metrics, and return the report of these."""
    file = {"name": "customers.csv", "uri": "/data/customers.csv", "size": 2_000_000}
    source = {"source": "/data"}
    commit(lake, a_report(asset="raw_csv_s3", version="a1", files=[file], figures=source))
    commit(
        lake,
        a_report(
            version="b1",
            inputs={"raw_csv_s3": "a1"},
            figures={
                "rules": {"age: not a number": 3},
                "label": {"positive": 20, "other": 77},
                "columns": {"age": {"missing": 0, "min": 18.0, "max": 99.0, "mean": 40.0}},
            },
        ),
    )
    commit(
        lake,
        a_report(
            asset="lr_model",
            version="c1",
            inputs={"processed_dataset": "b1"},
            rows={"train": 62, "validation": 15, "test": 20},
            figures=model_figures(problem=figures["problem"]),
            params={"estimator": "logistic_regression", "regularization": [0.005]},
            finished="2026-01-31T12:00:00+00:00",
        ),
    )
    report = a_report(
        asset="metrics",
        version="d1",
        inputs={"lr_model": "c1", "processed_dataset": "b1"},
        rows={"test": figures["test_rows"]},
        figures=figures,
    )
    lake.write_json(job_key("metrics", "d1", 1, "request.json"), {"contract": contract})
    return commit(lake, report)
