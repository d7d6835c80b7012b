"""The verdict on a model, in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from emr_ml.model_report.facts import USUAL_THRESHOLD, CheckOutcome, ModelFacts
from emr_ml.model_report.wording import number, of_hundred, percent
from emr_ml.wording import shorten
from spark_jobs.evaluation.figures import (
    BinaryFigures,
    MetricsFigures,
    MulticlassFigures,
    RegressionFigures,
    Slice,
)

FEW_ROWS = 200
NOTABLE_DEVIATIONS = 3.0
NOTABLE_GAP = 0.05  # between probabilities and shares
MIN_CLASS_ROWS = 5
WEAK_SLICES = 3

Status = Literal["good", "warning", "bad"]


@dataclass(frozen=True)
class Verdict:
    """What a person has to know before all else.

    Args:
        status: whether the checks have passed.
        summary: that in a few words.
        good_at: sentences about what the model can do.
        bad_at: sentences about what it can't.
    """

    status: Status
    summary: str
    good_at: tuple[str, ...]
    bad_at: tuple[str, ...]


def verdict(facts: ModelFacts) -> Verdict:
    """Return the verdict on a model."""
    status, summary = _status(facts)
    match facts.figures:
        case {"problem": "regression"} as figures:
            sentences = _of_numbers(figures), ()
        case {"problem": "multiclass"} as figures:
            sentences = _of_classes(figures), _weak_class(figures)
        case figures:
            sentences = _of_two_classes(facts, figures), _miscalibration(figures)
    good_at, bad_at = sentences
    return Verdict(
        status, summary, tuple(good_at), (*bad_at, *_weak_slices(facts), *_few_rows(facts.figures))
    )


def positive_name(facts: ModelFacts) -> str:
    """Return the positive value of a binary label."""
    return str((facts.label or {}).get("positive") or "positive")


def negative_name(facts: ModelFacts) -> str:
    """Return what a row of a binary label is called if it is not positive."""
    negative = (facts.label or {}).get("negative") or []
    return negative[0] if len(negative) == 1 else f"not {positive_name(facts)}"


def _status(facts: ModelFacts) -> tuple[Status, str]:
    failed = facts.failed_checks
    blocking = [check for check in failed if check.blocking]
    if blocking:
        return "bad", f"Do not use it: {_names(blocking)} failed, which blocks this version"
    if failed:
        return "warning", f"Use it with care: {_names(failed)} failed"
    if not facts.checks:
        return "warning", "Not checked: this page was drawn without the contract's thresholds"
    return "good", f"Fit for use, as the contract defines it: all {len(facts.checks)} checks passed"


def _names(checks: Sequence[CheckOutcome]) -> str:
    names = [check.name for check in checks]
    return f"the check {names[0]}" if len(names) == 1 else f"the checks {', '.join(names)}"


def _of_two_classes(facts: ModelFacts, figures: BinaryFigures) -> Iterator[str]:
    counts, positive = figures["confusion"], shorten(positive_name(facts))
    yield from _against_majority(figures)
    if facts.threshold not in (None, USUAL_THRESHOLD):
        yield f"It predicts {positive} where the probability is above {percent(facts.threshold)}."
    positives, alarms = counts["tp"] + counts["fn"], counts["tp"] + counts["fp"]
    yield (
        f"It finds {counts['tp']:,} of the {positives:,} rows that are {positive}. "
        f"Of the {alarms:,} rows that it predicts to be {positive}, {counts['tp']:,} are."
    )


def _of_classes(figures: MulticlassFigures) -> Iterator[str]:
    yield from _against_majority(figures)


def _against_majority(figures: BinaryFigures | MulticlassFigures) -> Iterator[str]:
    accuracy, majority = figures["accuracy"], figures.get("majority_share")
    if accuracy is None:
        return
    right = f"Right in {of_hundred(accuracy)} test rows"
    if majority is None:
        yield f"{right}."
        return
    yield f"{right}. Without a model, always guessing the commonest class, {of_hundred(majority)}."


def _of_numbers(figures: RegressionFigures) -> Iterator[str]:
    mae, rmse, r2 = figures["mae"], figures["rmse"], figures["r2"]
    if mae is None or rmse is None:
        yield "Its errors are too large to be measured."
        return
    yield f"Predictions are off by {number(mae)} on average."
    if r2 is not None and r2 < 1:
        alone = number(rmse / sqrt(1 - r2))
        yield (
            f"The root mean squared error is {number(rmse)}; always predicting the mean, it would "
            f"be {alone}. The model explains {percent(max(r2, 0.0))} of the label's variance."
        )


def _weak_class(figures: MulticlassFigures) -> Iterator[str]:
    labels, rows = figures["confusion"]["labels"], figures["confusion"]["rows"]
    frequent = [index for index, row in enumerate(rows) if sum(row) >= MIN_CLASS_ROWS]
    if not frequent:
        return
    weakest = min(frequent, key=lambda index: rows[index][index] / sum(rows[index]))
    row = rows[weakest]
    if row[weakest] == sum(row):
        return
    taken = max((i for i in range(len(row)) if i != weakest), key=lambda i: row[i])
    yield (
        f"Weakest for the class {shorten(labels[weakest])}: it finds {row[weakest]:,} of "
        f"{sum(row):,} rows, and mistakes {row[taken]:,} for {shorten(labels[taken])}."
    )


def _miscalibration(figures: BinaryFigures) -> Iterator[str]:
    error = figures["calibration_error"]
    if error is not None and error > NOTABLE_GAP + 1 / sqrt(figures["test_rows"]):
        off = percent(error)
        yield f"Its probabilities are off by {off} on average: do not take them literally."


def _weak_slices(facts: ModelFacts) -> Iterator[str]:
    """Yield where errors are more frequent or larger than elsewhere, by more than chance."""
    figures = facts.figures
    overall = figures["mae"] if figures["problem"] == "regression" else _wrong(figures)
    weak = [
        (each["deviations"], column["column"], each)
        for column in figures.get("slices", [])
        for each in column["slices"]
        if each["deviations"] >= NOTABLE_DEVIATIONS
    ]
    weak.sort(key=lambda found: -found[0])
    said = set[str]()
    for _, column, part in weak:
        if column not in said and len(said) < WEAK_SLICES:
            said.add(column)
            where = f"{shorten(column)} is {_value(part)}"
            yield f"Worse where {where}: {_error(part, figures, overall)}."


def _value(part: Slice) -> str:
    return "missing" if part["value"] is None else shorten(part["value"])


def _error(part: Slice, figures: MetricsFigures, overall: float | None) -> str:
    rows = f"{part['rows']:,} rows"
    if figures["problem"] == "regression":
        return f"off by {number(part['error'])} in {rows}, {number(overall)} overall"
    return f"wrong in {percent(part['error'])} of {rows}, {percent(overall)} overall"


def _wrong(figures: MetricsFigures) -> float | None:
    return None if figures["accuracy"] is None else 1 - figures["accuracy"]


def _few_rows(figures: MetricsFigures) -> Iterator[str]:
    rows, ends = figures["test_rows"], figures.get("intervals", {}).get("accuracy")
    if rows >= FEW_ROWS:
        return
    range_ = (
        f": accuracy may be anything from {percent(ends[0])} to {percent(ends[1])}" if ends else ""
    )
    yield f"Measured on only {rows:,} rows{range_}."
