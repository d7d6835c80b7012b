"""A lake with models that no job has trained, and exported ones that nobody has exported."""

import json
from typing import Any

from emr_ml.contract import Contract
from emr_ml.lake.champion import Champion, promote, read_champion
from emr_ml.lake.leases import Lease
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, commit, job_key, lease_key, read_commit, read_report

CONTRACT = Contract.model_validate(
    {
        "columns": {"height": "numeric", "colour": "categorical", "remark": "text"},
        "label": {"column": "y", "positive": "yes"},
    }
)
COLUMNS = [
    {"name": "height", "kind": "numeric", "required": True},
    {"name": "colour", "kind": "categorical", "required": False},
    {"name": "remark", "kind": "text", "required": False},
]
DATASET_FIELDS = ("format", "dialect", "missing", "columns", "label", "id", "weight")
SCORER = '''\
import json
from pathlib import Path


class Scorer:
    """Says yes to whoever is tall enough."""

    def __init__(self, least):
        self.least = least

    @classmethod
    def load(cls, folder):
        return cls(json.loads((Path(folder) / "model.json").read_text())["least"])

    def predict(self, rows):
        heights = rows["height"].tolist()
        return rows[[]].assign(
            prediction=["yes" if each >= self.least else "no" for each in heights],
            probability=[min(each / 2, 1.0) for each in heights],
            reason=[None for _ in heights],
        )
'''


def version(number: int) -> str:
    """Return 32 digits that are the same for the same number, which they begin with."""
    return f"{number:x}".ljust(32, "0")


def train(lake: Lake, number: int, **changes: Any) -> Report:
    """Commit a data set and a model of it; no metrics."""
    dataset = a_report(
        version=version(number),
        inputs={"raw_csv_s3": version(number)},
        figures={
            "distributions": {
                "height": {"kind": "numeric", "quantiles": [1.5, 1.75, 2.0]},
                "colour": {"kind": "categorical", "values": {"red": 3, "blue": 5}},
            }
        },
    )
    _commit(lake, dataset, CONTRACT.pick(*DATASET_FIELDS))
    given: dict[str, Any] = {
        "rows": {"train": 64, "validation": 16, "test": 20},
        "figures": {
            "problem": "binary",
            "log_loss": 0.25,
            "regularization": 0.005,
            "featurizer": {"index": 0, "text": "hashing_tf"},
        },
        **changes,
    }
    model = a_report(
        asset="lr_model",
        version=version(number),
        path=lake.uri(f"lr_model/{version(number)}/attempts/1"),
        inputs={"processed_dataset": version(number)},
        params={"estimator": "logistic_regression", "regularization": [0.5, 0.005]},
        spark="4.1.1",
        started="2026-11-01T10:00:00.000+00:00",
        finished="2026-11-01T10:01:00.000+00:00",
        **given,
    )
    return _commit(lake, model, CONTRACT.pick("columns", "label", "split"))


def measure(lake: Lake, number: int, *, metrics: int | None = None, **figures: Any) -> Report:
    """Commit metrics of a model, by default in a version of the same number."""
    own = number if metrics is None else metrics
    report = a_report(
        asset="metrics",
        version=version(own),
        inputs={"lr_model": version(number), "processed_dataset": version(number)},
        rows={"test": 20},
        figures={"problem": "binary", "accuracy": 0.9, "rmse": None, **figures},
        finished=f"2026-11-01T10:{own % 60:02}:00.000+00:00",
    )
    return _commit(lake, report, CONTRACT.pick("label", "split"))


def choose(lake: Lake, number: int) -> None:
    """Make a model champion."""
    before = read_champion(lake)
    entry = Champion(version(number), "run", "now", "better", f"number {number} is better")
    assert promote(lake, entry, before.version if before else None)


def export(lake: Lake, of: str) -> dict[str, bytes]:
    """Return a small model in the form of an exported one; its attempt is in it."""
    committed = read_report(lake, "lr_model", of)
    assert committed
    model = {"columns": COLUMNS, "least": 1.8, "attempt": committed.attempt}
    return {"model.json": json.dumps(model).encode(), "scorer.py": SCORER.encode()}


def _commit(lake: Lake, report: Report, contract: dict[str, Any]) -> Report:
    asset, of = report.asset, report.version
    lake.write_json(job_key(asset, of, report.attempt, "request.json"), {"contract": contract})
    lease = Lease(report.attempt, f"run-of-{asset}", "host", 1, "nonce", "now", "ended")
    lake.write_json(lease_key(asset, of), lease.as_json())
    stored = read_commit(lake, asset, of)
    return commit(lake, report, stored.etag if stored else None)
