"""The table of figures, and what they would be without a model and of the champion."""

from dataclasses import dataclass
from math import log, sqrt

from emr_ml.model_report.facts import ModelFacts
from emr_ml.model_report.wording import FIGURES, SEVERAL_CLASSES, number
from spark_jobs.evaluation.figures import MetricsFigures


@dataclass(frozen=True)
class FigureRow:
    """A figure as texts: `baseline` is without a model, an empty text if there is none."""

    key: str
    name: str
    meaning: str
    value: str
    interval: str
    baseline: str
    champion: str


def figure_rows(facts: ModelFacts) -> list[FigureRow]:
    """Return the figures that apply to the model's problem."""
    figures = facts.figures
    baselines = _baselines(figures)
    intervals = figures.get("intervals", {})
    champion = (facts.decision or {}).get("figures", {})
    names = {**FIGURES, **(SEVERAL_CLASSES if figures["problem"] == "multiclass" else {})}
    rows: list[FigureRow] = []
    for key, (name, meaning) in names.items():
        value = figures.get(key)
        if value is None:
            continue
        ends = intervals.get(key)
        interval = f"{number(ends[0])} to {number(ends[1])}" if ends else ""
        compared = champion.get(f"champion_{key}")
        rows.append(
            FigureRow(
                key,
                name,
                meaning,
                number(value),
                interval,
                number(baselines[key]) if key in baselines else "",
                number(compared) if compared is not None else "",
            )
        )
    return rows


def baseline_prediction(figures: MetricsFigures) -> str:
    """Return what is predicted without a model."""
    match figures["problem"]:
        case "regression":
            return "the mean of the label"
        case "binary":
            return "the commonest class, with its share as the probability"
        case _:
            return "the commonest class"


def _baselines(figures: MetricsFigures) -> dict[str, float]:
    """Return the figures of a prediction that is always the same."""
    if figures["problem"] == "regression":
        rmse, r2 = figures["rmse"], figures["r2"]
        if rmse is None or r2 is None or r2 >= 1:
            return {}
        return {"rmse": rmse / sqrt(1 - r2), "r2": 0.0}
    majority = figures.get("majority_share")
    if majority is None:
        return {}
    if figures["problem"] == "multiclass":
        return {"accuracy": majority}
    counts, rows = figures["confusion"], figures["test_rows"]
    positive = (counts["tp"] + counts["fn"]) / rows
    return {
        "accuracy": majority,
        "auc_roc": 0.5,
        "auc_pr": positive,
        "log_loss": -sum(share * log(share) for share in (positive, 1 - positive) if share),
        "brier": positive * (1 - positive),
    }
