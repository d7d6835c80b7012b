"""Two versions of `metrics` side by side, as a page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emr_ml.lake.versions import digest, short
from emr_ml.model_report.difference import difference, intervals_overlap, is_better
from emr_ml.model_report.facts import ModelFacts
from emr_ml.model_report.figures_section import figure_rows
from emr_ml.model_report.page import drawn_charts, environment, title
from emr_ml.model_report.verdict import verdict
from emr_ml.model_report.wording import MISSING, number
from emr_ml.wording import shorten
from spark_jobs.evaluation.figures import MetricsFigures

VALUE_CHARACTERS = 200
CHOSEN = (
    "estimator",
    "regularization",
    "elastic_net",
    "max_depth",
    "iterations",
    "threshold",
    "calibrated",
)
Charts = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class FigurePair:
    """A figure of A and of B; `better` is one of them or "", `certain` if the intervals differ."""

    name: str
    meaning: str
    first: str
    second: str
    first_interval: str
    second_interval: str
    difference: str
    better: str
    certain: bool


@dataclass(frozen=True)
class Difference:
    """Something that differs between the two, as texts."""

    what: str
    first: str
    second: str


def render_comparison(first: ModelFacts, second: ModelFacts) -> str:
    """Return a page with both models, A and B, and what differs between them."""
    both = (first, second)
    return (
        environment()
        .get_template("comparison.html.j2")
        .render(
            digest=digest({"first": first.digest, "second": second.digest}),
            title=title(first) if title(first) == title(second) else "Two models",
            versions=[each.metrics.version for each in both],
            verdicts=[verdict(each) for each in both],
            same_rows=_tested_on(first) == _tested_on(second),
            figures=compared_figures(first, second),
            charts=_paired(drawn_charts(first), drawn_charts(second)),
            differences=list(differences(first, second)),
        )
    )


def _paired(charts: Charts, others: Charts) -> dict[str, tuple[str, str]]:
    """Return the charts that both models have, by title."""
    svgs = {chart["title"]: chart["svg"] for chart in others}
    return {
        chart["title"]: (chart["svg"], svgs[chart["title"]])
        for chart in charts
        if chart["title"] in svgs
    }


def compared_figures(first: ModelFacts, second: ModelFacts) -> list[FigurePair]:
    """Return the figures that either model has."""
    rows, others = ({row.key: row for row in figure_rows(each)} for each in (first, second))
    found: list[FigurePair] = []
    for key in dict.fromkeys([*rows, *others]):
        row, other = rows.get(key), others.get(key)
        shown = row or other
        assert shown, "one of the two has it"
        values = [_value(each.figures, key) for each in (first, second)]
        by = None if values[0] is None or values[1] is None else difference(values[0], values[1])
        found.append(
            FigurePair(
                shown.name,
                shown.meaning,
                row.value if row else MISSING,
                other.value if other else MISSING,
                row.interval if row else "",
                other.interval if other else "",
                "" if by is None else _signed(by),
                "" if not by else "B" if is_better(key, by) else "A",
                intervals_overlap(first.figures, second.figures, key) is False,
            )
        )
    return found


def differences(first: ModelFacts, second: ModelFacts) -> Iterator[Difference]:
    """Yield what differs: data, code, Spark, the chosen candidate, contract and parameters."""
    one, other = _described(first), _described(second)
    for what in dict.fromkeys([*one, *other]):
        if one.get(what) != other.get(what):
            yield Difference(what, _text(one.get(what)), _text(other.get(what)))


def _described(facts: ModelFacts) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for report in facts.reports:
        described[f"{report.asset}: version"] = short(report.version)
        described |= {f"{report.asset}: rows {name}": n for name, n in report.rows.items()}
        if report.code:
            described[f"{report.asset}: code"] = short(report.code)
            described[f"{report.asset}: Spark"] = report.spark
    if facts.snapshot:
        described["source"] = facts.snapshot.figures.get("source")
        described["files"] = len(facts.snapshot.files)
    chosen: Mapping[str, Any] = facts.model.figures if facts.model else {}
    described |= {f"chosen: {name}": chosen[name] for name in CHOSEN if name in chosen}
    described |= _flat(facts.contract, "contract")
    described |= _flat(facts.model.params if facts.model else {}, "parameters")
    return described


def _flat(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return nested values by their path, such as `contract: split.train`."""
    found: dict[str, Any] = {}
    for key, each in value.items():
        inner = f"{name}.{key}" if ":" in name else f"{name}: {key}"
        found |= _flat(each, inner) if isinstance(each, Mapping) else {inner: each}
    return found


def _text(value: Any) -> str:
    if value is None:
        return MISSING
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shorten(text, VALUE_CHARACTERS)


def _value(figures: MetricsFigures, key: str) -> float | None:
    return figures.get(key)


def _signed(by: float) -> str:
    return f"+{number(by)}" if by > 0 else number(by)


def _tested_on(facts: ModelFacts) -> Mapping[str, Any]:
    """Return what determines the test rows and their labels."""
    data = facts.snapshot or facts.dataset
    contract = {name: value for name, value in facts.contract.items() if name != "report"}
    return {
        "data": data.version if data else facts.metrics.version,
        "contract": contract,
        "rows": facts.figures["test_rows"],
    }
