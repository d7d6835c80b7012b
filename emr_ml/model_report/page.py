"""The page about a model, as HTML that needs no other file and no JavaScript."""

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from emr_ml.lake.versions import short
from emr_ml.model_report import candidates_section, errors_section, model_card
from emr_ml.model_report.charts import as_svg, charts
from emr_ml.model_report.facts import ModelFacts
from emr_ml.model_report.figures_section import FigureRow, baseline_prediction, figure_rows
from emr_ml.model_report.verdict import negative_name, positive_name, verdict
from emr_ml.model_report.wording import as_text, number
from emr_ml.wording import join_first, shorten

CONTRACT_FIELDS = ("format", "dialect", "missing", "label", "id", "split", "report")
REPRODUCE = (
    "A version is a digest of all that determines it: the files, the contract, the parameters, the "
    "code of the jobs and the release of Spark. Materialize the same files with the same contract "
    "and release of emr_ml, and the versions will be the ones above."
)


def render_page(facts: ModelFacts) -> str:
    """Return the page about a version of `metrics`."""
    rows = figure_rows(facts)
    worst = errors_section.worst_rows(facts)
    given: dict[str, Any] = {
        "digest": facts.digest,
        "title": title(facts),
        "purpose": _purpose(facts),
        "subtitle": _subtitle(facts),
        "verdict": verdict(facts),
        "decision": _decision(facts),
        "test_rows": facts.figures["test_rows"],
        "figures": rows,
        "any_interval": any(row.interval for row in rows),
        "any_baseline": any(row.baseline for row in rows),
        "any_champion": any(row.champion for row in rows),
        "figures_note": _figures_note(facts, rows),
        "charts": drawn_charts(facts),
        "confusion": errors_section.confusion(facts),
        "slices": errors_section.slices(facts.figures),
        "slices_note": _slices_note(facts),
        "worst": worst,
        "features": model_card.features(facts),
        "features_note": model_card.features_note(facts),
        "data": model_card.data(facts),
        "rejected": model_card.rejected(facts),
        "columns": model_card.columns(facts),
        "contract": _contract(facts),
        "checks": model_card.checks(facts),
        "candidates": candidates_section.candidates(facts),
        "candidates_note": candidates_section.candidates_note(facts),
        "versions": model_card.versions(facts),
        "environment": model_card.environment(facts),
        "reproduce": REPRODUCE,
        "parameters": as_text(facts.model.params) if facts.model else "",
    }
    return environment().get_template("report.html.j2").render(given)


@cache
def environment() -> Environment:
    """Return the templates, which escape all that is not marked as safe."""
    found = Environment(
        loader=PackageLoader("emr_ml.model_report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["number"] = number
    return found


def title(facts: ModelFacts) -> str:
    """Return what the model predicts."""
    column = shorten(str((facts.label or {}).get("column") or "the label"))
    match facts.figures["problem"]:
        case "binary":
            return f"{column}: {shorten(positive_name(facts))} or {shorten(negative_name(facts))}"
        case "multiclass":
            return f"{column}: one of several classes"
        case _:
            return f"{column}: a number"


def drawn_charts(facts: ModelFacts) -> Sequence[Mapping[str, str]]:
    """Return title and SVG of each chart."""
    return _drawn(json.dumps(facts.figures, sort_keys=True), facts.threshold)


# a run draws the page of its metrics, and again when the champion is decided on
@lru_cache(maxsize=4)
def _drawn(figures: str, threshold: float | None) -> Sequence[Mapping[str, str]]:
    return [
        {"title": name, "svg": as_svg(name, draw)}
        for name, draw in charts(json.loads(figures), threshold).items()
    ]


def _purpose(facts: ModelFacts) -> str:
    names = list(facts.contract.get("columns", {}))
    noun = "column" if len(names) == 1 else "columns"
    columns = f"{len(names):,} {noun}: {join_first([shorten(name) for name in names], 6)}"
    label = shorten(str((facts.label or {}).get("column") or "the label"))
    return f"It predicts {label} of a row from {columns}." if names else f"It predicts {label}."


def _figures_note(facts: ModelFacts, rows: Sequence[FigureRow]) -> str:
    sentences: list[str] = []
    if any(row.interval for row in rows):
        sentences.append(
            "An interval shows how much a figure may vary with other test rows of the same kind."
        )
    if any(row.baseline for row in rows):
        always = baseline_prediction(facts.figures)
        sentences.append(f'"Without a model" always predicts {always}.')
    if any(row.champion for row in rows):
        sentences.append("The champion's figures are of the same test rows.")
    return " ".join(sentences)


def _subtitle(facts: ModelFacts) -> str:
    parts = [f"metrics {short(facts.metrics.version)}"]
    if facts.model:
        figures = facts.model_figures
        kind = figures.get("estimator", "model").replace("_", " ") if figures else "model"
        parts.append(f"{kind} {short(facts.model.version)}")
        learned_from = ("train", "validation") if facts.learned_from_both else ("train",)
        if rows := sum(facts.model.rows.get(name, 0) for name in learned_from):
            parts.append(f"trained on {rows:,} rows")
        parts.append(facts.model.finished[:10])
    return ", ".join(parts)


def _decision(facts: ModelFacts) -> str:
    if not facts.decision:
        return ""
    outcome = "It became the champion" if facts.decision["promoted"] else "It is not the champion"
    return f"{outcome}: {facts.without_hidden_values(facts.decision['reason'])}."


def _slices_note(facts: ModelFacts) -> str:
    numbers = facts.figures["problem"] == "regression"
    error = "The mean absolute error" if numbers else "The share of wrong predictions"
    return (
        f"{error} by value or range of the columns between whose values it differs most. What is "
        "marked differs from the other rows by more than chance."
    )


def _contract(facts: ModelFacts) -> str:
    fields = {name: facts.contract[name] for name in CONTRACT_FIELDS if name in facts.contract}
    return as_text(fields) if fields else ""
