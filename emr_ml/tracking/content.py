"""What a run on the MLflow server contains, made from what the lake says. Asks no server."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from emr_ml.lake.versions import digest, short
from emr_ml.model_report.wording import VALIDATION_FIGURES
from emr_ml.tracking.lake_state import DATASET, METRICS, MODEL, SNAPSHOT, TrackedModel
from spark_jobs.evaluation.figures import MetricsFigures
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import Report

PREFIX = "emr_ml."
VERSION, STATE, LAKE = f"{PREFIX}version", f"{PREFIX}state", f"{PREFIX}lake"
# github.com/mlflow/mlflow/blob/master/mlflow/utils/validation.py
MAX_PARAM_CHARACTERS = 6000
CHOSEN = (
    "regularization",
    "elastic_net",
    "max_depth",
    "iterations",
    "converged",
    "stopped_early",
    "featurizer",
)


@dataclass(frozen=True)
class Links:
    """Where people find a version: `ui_url` is Dagster's UI, `prefix` the pipeline's key prefix."""

    ui_url: str
    prefix: tuple[str, ...] = ()

    def run(self, run_id: str) -> str:
        return f"{self.ui_url.rstrip('/')}/runs/{run_id}"

    def asset(self, name: str) -> str:
        return f"{self.ui_url.rstrip('/')}/assets/{'/'.join((*self.prefix, name))}"


@dataclass(frozen=True)
class RunContent:
    """A run as it should be.

    Args:
        name: for people.
        params: by name.
        metrics: of finite numbers, by name.
        tags: by name.
        files: contents by path below the run's artifacts.
        note: a text with links, in Markdown.
        started, finished: in milliseconds since 1970.
    """

    name: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    files: Mapping[str, bytes]
    note: str
    started: int
    finished: int


def run_content(tracked: TrackedModel, links: Links) -> RunContent:
    """Return the run of a model: what it was learned from, how, and how good it is.

    Pages for people are not among the files, because they have to be read from the lake.
    """
    model, metrics = tracked.model, tracked.metrics
    estimator = model.params.get("estimator", MODEL)
    return RunContent(
        name=f"{estimator} {short(model.version)}",
        params=_params(model),
        metrics=dict(_metrics(tracked)),
        tags=_tags(tracked, links),
        files=_files(tracked),
        note=_note(tracked, links),
        started=milliseconds(model.started),
        finished=milliseconds((metrics or model).finished),
    )


def milliseconds(time: str) -> int:
    """Return a time of a report in milliseconds since 1970; 0 if the report has none."""
    return int(datetime.fromisoformat(time).timestamp() * 1000) if time else 0


def _params(model: Report) -> dict[str, str]:
    """Return the parameters, and which of them were chosen."""
    chosen = {name: model.figures[name] for name in CHOSEN if name in model.figures}
    settings: Any = chosen.pop("featurizer", {})
    given = {
        **model.params,
        **{f"chosen.{name}": value for name, value in chosen.items()},
        **{f"chosen.featurizer.{name}": value for name, value in settings.items()},
    }
    return {
        name: _text(value)[:MAX_PARAM_CHARACTERS]
        for name, value in given.items()
        if value is not None
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _metrics(tracked: TrackedModel) -> Iterator[tuple[str, float]]:
    """Yield the finite figures; the UI makes a section of what comes before a slash."""
    model, metrics, dataset = tracked.model, tracked.metrics, tracked.dataset
    if metrics:
        yield from _numbers("", metrics.figures)
        if metrics.figures.get("problem") == "binary":
            yield from _numbers("confusion/", metrics.figures.get("confusion", {}))
        yield from _numbers("seconds/evaluate_", metrics.seconds)
    scores = ((name, model.figures.get(name)) for name in VALIDATION_FIGURES)
    yield from _numbers("validation/", dict(scores))
    yield from _numbers("rows/", {**(dataset.rows if dataset else {}), **model.rows})
    yield from _numbers("seconds/train_", model.seconds)


def _numbers(prefix: str, figures: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        # a bool is an int, too
        if type(value) in (int, float) and math.isfinite(value):
            yield f"{prefix}{name}", float(value)


def _tags(tracked: TrackedModel, links: Links) -> dict[str, str]:
    model, metrics, dataset = tracked.model, tracked.metrics, tracked.dataset
    found: dict[str, str | None] = {
        "version": model.version,
        "attempt": str(model.attempt),
        "metrics_version": metrics.version if metrics else None,
        "data_version": model.inputs.get(DATASET),
        "snapshot_version": dataset.inputs.get(SNAPSHOT) if dataset else None,
        "contract_version": digest(tracked.contract) if tracked.contract else None,
        "code_version": model.code,
        "spark": model.spark,
        "problem": model.figures.get("problem"),
        "pipeline": "/".join(links.prefix) or None,
        "lake_path": model.path,
        "dagster_asset": links.asset(MODEL),
        **{f"dagster_run.{asset}": links.run(id_) for asset, id_ in tracked.dagster_runs.items()},
    }
    return {f"{PREFIX}{name}": value for name, value in found.items() if value}


def _files(tracked: TrackedModel) -> dict[str, bytes]:
    files = {f"{MODEL}.json": as_json(tracked.model.figures)}
    if tracked.contract:
        files["contract.json"] = as_json(tracked.contract)
    if metrics := tracked.metrics:
        files[f"{METRICS}.json"] = as_json(metrics.figures)
        files |= _curves(metrics)
    return files


def _curves(metrics: Report) -> dict[str, bytes]:
    if "confusion" not in metrics.figures and "curves" not in metrics.figures:
        return {}
    from emr_ml.model_report.charts import as_sheet  # matplotlib takes a second to import

    return {"curves.png": as_sheet(cast("MetricsFigures", metrics.figures))}


def _note(tracked: TrackedModel, links: Links) -> str:
    assets = (MODEL, METRICS) if tracked.metrics else (MODEL,)
    lines = [
        f"- `{asset}`: [asset]({links.asset(asset)})"
        + (f", [run]({links.run(run)})" if (run := tracked.dagster_runs.get(asset)) else "")
        for asset in assets
    ]
    return "\n".join(["In Dagster:", "", *lines, "", f"In the lake: `{tracked.model.path}`"])
