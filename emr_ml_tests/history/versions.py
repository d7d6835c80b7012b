"""A lake with two models of two data sets, and their metrics."""

from typing import Any

from emr_ml.lake.champion import Champion
from emr_ml.lake.champion import promote as promote_champion
from emr_ml.lake.current import Current, promote
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, commit, job_key

FILES, MORE_FILES = "0f" * 16, "1f" * 16
DATA, MORE_DATA = "0d" * 16, "1d" * 16
MODEL, NEW_MODEL = "0a" * 16, "1a" * 16
NEW_DIGITS = NEW_MODEL[:8]
METRICS, NEW_METRICS = "0e" * 16, "1e" * 16


def a_file(name: str, content: str) -> dict[str, Any]:
    return {"name": name, "uri": f"/data/{name}", "size": 1500, "content": content, "columns": []}


def add(lake: Lake, asset: str, version: str, **changes: Any) -> Report:
    """Commit a version with a request, unless it is of a snapshot."""
    contract = changes.pop("contract", {"columns": {"age": {"kind": "numeric"}}})
    spark = changes.setdefault("spark", "4.1.1")
    report = a_report(
        asset=asset, version=version, path=lake.uri(f"{asset}/{version}/attempts/1"), **changes
    )
    if spark:
        key = job_key(asset, version, 1, "request.json")
        lake.write_json(key, {"contract": contract})
    return commit(lake, report)


def make_current(lake: Lake, asset: str, version: str) -> None:
    assert promote(lake, asset, Current(version, "unused", "run", 0.0))


def fill(lake: Lake) -> None:
    """Commit all versions; the new ones are current, and the old model is champion."""
    for new in (False, True):
        files, data = (MORE_FILES, MORE_DATA) if new else (FILES, DATA)
        model, metrics = (NEW_MODEL, NEW_METRICS) if new else (MODEL, METRICS)
        day = f"2026-11-0{2 if new else 1}T10:00:00.000+00:00"
        names = ("a.csv", "b.csv") if new else ("a.csv",)
        add(
            lake,
            "raw_csv_s3",
            files,
            spark=None,
            files=[a_file(name, f"sha256:{name}") for name in names],
            figures={"source": "/data"},
            rows={},
            finished=day,
        )
        rows = {"in": 200, "kept": 200, "rejected": 0} if new else {"in": 100, "kept": 100}
        inputs = {"raw_csv_s3": files}
        add(lake, "processed_dataset", data, inputs=inputs, rows=rows, finished=day)
        add(
            lake,
            "lr_model",
            model,
            code="c1",
            inputs={"processed_dataset": data},
            params={"regularization": [1.0] if new else [0.1], "trees": 100},
            figures={"candidates": [], "log_loss": 0.5, "estimator": "auto"},
            files=[{"name": "model/data", "size": 2_500_000}],
            rows={},
            seconds={"fit": 61.0},
            finished=day,
        )
        add(
            lake,
            "metrics",
            metrics,
            inputs={"lr_model": model, "processed_dataset": data},
            figures={
                "accuracy": 0.9 if new else 0.8,
                "log_loss": 0.4 if new else 0.3,
                "intervals": {"accuracy": [0.85, 0.95] if new else [0.75, 0.83]},
            },
            rows={},
            finished=day,
        )
    for asset, version in (
        ("raw_csv_s3", MORE_FILES),
        ("processed_dataset", MORE_DATA),
        ("lr_model", NEW_MODEL),
        ("metrics", NEW_METRICS),
    ):
        make_current(lake, asset, version)
    assert promote_champion(lake, Champion(MODEL, "run", "2026-11-01T11:00", "first", "good"), None)
