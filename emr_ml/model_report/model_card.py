"""The model card: features, data, checks and versions (Mitchell et al., 2019)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emr_ml.model_report.facts import ModelFacts
from emr_ml.model_report.verdict import Status, positive_name
from emr_ml.model_report.wording import MISSING, number, percent
from emr_ml.wording import duration, file_size, join_first, shorten
from spark_jobs.cleaning.figures import ColumnSummary, LabelSummary
from spark_jobs.runtime.report import Report

BARS = 12  # of each sign
BARS_PER_CLASS = 5
CLASSES_SHOWN = 12
NAME_CHARACTERS = 60


@dataclass(frozen=True)
class Bar:
    """A feature's weight, and its length as a share of the longest."""

    name: str
    weight: float
    length: float


@dataclass(frozen=True)
class Bars:
    """Features that are shown together: all, or those of one class."""

    title: str
    signed: bool
    bars: Sequence[Bar]


@dataclass(frozen=True)
class ColumnRow:
    """A column of the data set."""

    name: str
    kind: str
    missing: str
    range: str


@dataclass(frozen=True)
class CheckRow:
    """The result of a check."""

    status: Status
    mark: str
    asset: str
    name: str
    description: str


@dataclass(frozen=True)
class VersionRow:
    """A version behind the page."""

    asset: str
    version: str
    finished: str
    time: str
    phases: str


def features(facts: ModelFacts) -> list[Bars]:
    """Return the strongest features, by class if there are several."""
    figures = facts.model_figures
    strongest = (figures or {}).get("strongest", [])
    longest = max((abs(each["weight"]) for each in strongest), default=0.0)
    if not longest:
        return []
    groups: dict[str, list[Bar]] = {}
    for each in strongest:
        name = shorten(_shown_name(each["feature"], facts.hidden), NAME_CHARACTERS)
        bar = Bar(name, each["weight"], abs(each["weight"]) / longest)
        groups.setdefault(each.get("class", ""), []).append(bar)
    signed = any(each["weight"] < 0 for each in strongest)
    return [
        Bars(shorten(class_), signed, _largest(bars, BARS_PER_CLASS if class_ else BARS))
        for class_, bars in groups.items()
    ]


def features_note(facts: ModelFacts) -> str:
    """Return what the lengths of the bars mean."""
    figures = facts.model_figures
    if figures is None or "estimator" not in figures:
        return ""
    if not figures["estimator"].endswith("regression"):
        return (
            "The share of a feature in what all splits of the trees improve. It says how much the "
            "trees use it, not whether it raises or lowers the prediction."
        )
    scale = "one unit of the scaled feature"
    match figures["problem"]:
        case "regression":
            return f"By how many standard deviations of the label {scale} raises the prediction."
        case "binary":
            return f"By how much {scale} raises the log odds of {shorten(positive_name(facts))}."
        case _:
            return f"By how much {scale} raises the score of each class."


def _largest(bars: Sequence[Bar], count: int) -> list[Bar]:
    plus = sorted((bar for bar in bars if bar.weight >= 0), key=lambda bar: -bar.weight)
    minus = sorted((bar for bar in bars if bar.weight < 0), key=lambda bar: bar.weight)
    return [*plus[:count], *reversed(minus[:count])]


def _shown_name(feature: str, hidden: frozenset[str]) -> str:
    """Return a feature's name without the value of a hidden column."""
    for name in hidden:
        if feature.startswith((f"{name}=", f"{name}: ")):
            return f"{name} (a value)"
    return feature


def data(facts: ModelFacts) -> list[tuple[str, str]]:
    """Return what the model was trained on, as pairs of name and text."""
    found: list[tuple[str, str]] = []
    if facts.snapshot:
        files = facts.snapshot.files
        size = file_size(sum(file["size"] for file in files))
        names = join_first([shorten(file["name"]) for file in files], 5)
        found += [
            ("source", str(facts.snapshot.figures.get("source", ""))),
            ("files", f"{len(files):,}, {size}: {names}"),
            ("taken", _time(facts.snapshot.finished)),
        ]
    if facts.dataset:
        found += _rows(facts.dataset)
    if facts.model:
        counts = facts.model.rows
        splits = [f"{counts[name]:,} for {use}" for name, use in _SPLITS.items() if name in counts]
        refitted = "; the model learned from the first two" if facts.learned_from_both else ""
        found.append(("splits", f"{', '.join(splits)}{refitted}"))
    if facts.label:
        found.append(("predicts", _label(facts)))
    figures = facts.dataset_figures
    for name, column in (figures.get("columns", {}) if figures else {}).items():
        if name in facts.hidden:
            continue
        if (first := column.get("first")) and (last := column.get("last")):
            found.append((f"period of {shorten(name)}", f"{first} to {last}"))
    if (model := facts.model_figures) and (names := model.get("ignored_columns")):
        ignored = join_first([shorten(name) for name in names])
        found.append(("not learned from", f"{ignored}: they had no values"))
    return found


_SPLITS = {"train": "training", "validation": "validation", "test": "testing"}


def _rows(dataset: Report) -> list[tuple[str, str]]:
    rows = dataset.rows
    share = f" ({percent(rows['rejected'] / rows['in'])})" if rows.get("in") else ""
    found = [
        (
            "rows",
            f"{rows['in']:,} read, {rows['kept']:,} kept, {rows['rejected']:,} rejected{share}",
        )
    ]
    if duplicates := dataset.figures.get("duplicates"):
        found.append(("duplicates", f"{duplicates['rows']:,} rows equal an earlier one"))
    return found


def _label(facts: ModelFacts) -> str:
    label, figures = facts.label, facts.dataset_figures
    assert label, "the caller has seen it"
    summary: LabelSummary = (figures.get("label") if figures else None) or {}
    if "classes" in summary:
        counts = [f"{shorten(name)} {rows:,}" for name, rows in summary["classes"].items()]
        return f"{label['column']}: {join_first(counts, CLASSES_SHOWN)}"
    if "positive" in summary:
        counts = (
            f"{summary['positive']:,} {positive_name(facts)}, {summary.get('other', 0):,} other"
        )
        return f"{label['column']}: {counts}"
    if summary.get("min") is not None:
        ends = f"{number(summary.get('min'))} to {number(summary.get('max'))}"
        return f"{label['column']}: {ends}, mean {number(summary.get('mean'))}"
    return label["column"]


def rejected(facts: ModelFacts) -> list[tuple[str, int]]:
    """Return the rows that broke each rule, most frequent first."""
    figures = facts.dataset_figures
    rules = (figures.get("rules") or {}) if figures else {}
    return sorted(rules.items(), key=lambda rule: -rule[1])


def columns(facts: ModelFacts) -> list[ColumnRow]:
    """Return the columns that the model learns from."""
    figures = facts.dataset_figures
    summaries = figures.get("columns", {}) if figures else {}
    kinds: Mapping[str, Any] = facts.contract.get("columns", {})
    rows = facts.dataset.rows.get("kept", 0) if facts.dataset else 0
    return [
        ColumnRow(
            shorten(name),
            rules["kind"],
            percent(summaries[name]["missing"] / rows) if name in summaries and rows else MISSING,
            _range(summaries[name]) if name in summaries and name not in facts.hidden else "",
        )
        for name, rules in kinds.items()
    ]


def _range(column: ColumnSummary) -> str:
    if (first := column.get("first")) and (last := column.get("last")):
        return f"{first} to {last}"
    if column.get("min") is None:
        return ""
    return f"{number(column.get('min'))} to {number(column.get('max'))}"


def checks(facts: ModelFacts) -> list[CheckRow]:
    """Return the checks, failed ones first."""
    ordered = sorted(facts.checks, key=lambda check: check.passed)
    return [
        CheckRow(
            "good" if check.passed else "bad" if check.blocking else "warning",
            "passed" if check.passed else "failed, blocking" if check.blocking else "failed",
            check.asset,
            check.name,
            facts.without_hidden_values(check.description),
        )
        for check in ordered
    ]


def versions(facts: ModelFacts) -> list[VersionRow]:
    """Return the versions behind the page, and how long it took to compute each."""
    return [
        VersionRow(
            report.asset,
            report.version,
            _time(report.finished),
            duration(_elapsed(report)) if report.seconds else "",
            ", ".join(f"{phase} {duration(spent)}" for phase, spent in report.seconds.items()),
        )
        for report in facts.reports
    ]


def environment(facts: ModelFacts) -> list[tuple[str, str]]:
    """Return what else determines the versions, and what they cost."""
    metrics, model = facts.metrics, facts.model or facts.metrics
    found = [("Spark", metrics.spark or ""), ("lake", metrics.path)]
    if memory := model.usage.get("peak_memory"):
        found.append(("peak memory", file_size(memory)))
    others = {name: value for name, value in model.usage.items() if name not in _USAGE}
    found += [(name.replace("_", " "), number(value)) for name, value in others.items()]
    return found


_USAGE = ("peak_memory", "rows_per_second")


def _elapsed(report: Report) -> float:
    ends = [datetime.fromisoformat(text) for text in (report.started, report.finished) if text]
    return (ends[-1] - ends[0]).total_seconds() if ends else 0.0


def _time(text: str) -> str:
    return text[:16].replace("T", " ")
