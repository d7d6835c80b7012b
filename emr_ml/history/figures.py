"""The figures of two versions side by side."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from emr_ml.model_report.difference import difference, intervals_overlap, is_better
from emr_ml.model_report.wording import FIGURES
from emr_ml.ui.metadata import single_values
from spark_jobs.runtime.report import Report

OF_VALIDATION = "validation_"
NOT_COMPARED = ("source",)

Verdict = Literal["better", "worse", ""]


@dataclass(frozen=True)
class ComparedFigure:
    """A figure of both versions; None if one of them does not have it.

    Args:
        name: of the figure.
        first, second: its values.
        difference: of two numbers, the second minus the first; None for other values.
        verdict: whether the second is `better` or `worse` than the first; "" if that can't be said.
        overlaps: whether their confidence intervals overlap, so that it may be chance.
    """

    name: str
    first: Any
    second: Any
    difference: float | None
    verdict: Verdict
    overlaps: bool = False


def compare_figures(first: Report, second: Report) -> list[ComparedFigure]:
    """Return the figures that are one value, in the order in which they are shown elsewhere."""
    one, other = single_values(first, exact=True), single_values(second, exact=True)
    names = [name for name in dict.fromkeys([*one, *other]) if name not in NOT_COMPARED]
    found = (_compare(name, one.get(name), other.get(name)) for name in names)
    return [
        replace(each, overlaps=bool(intervals_overlap(first.figures, second.figures, each.name)))
        for each in found
    ]


def _compare(name: str, first: Any, second: Any) -> ComparedFigure:
    if not (is_number(first) and is_number(second)):
        return ComparedFigure(name, first, second, None, "")
    by = difference(first, second)
    return ComparedFigure(name, first, second, by, _verdict(name, by))


def _verdict(name: str, by: float) -> Verdict:
    figure = name.removeprefix(OF_VALIDATION)
    if figure not in FIGURES or not by:
        return ""
    return "better" if is_better(figure, by) else "worse"


def is_number(value: Any) -> bool:
    """Return whether a value is a number, not a bool, which Python counts among them."""
    return isinstance(value, int | float) and not isinstance(value, bool)
