"""Checks of a data set's label: its classes are there, and none is too rare to be learned."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from emr_ml.checks.baseline import Baseline
from emr_ml.checks.evidence import Evidence, listed, warning
from emr_ml.contract.schema import Label

LABEL_CLASSES, LABEL_BALANCE = "label_classes", "label_balance"
OTHERS = "(all others)"
MOST_TOLD = 1000  # classes; a report that has as many may not have all


def label_checks(asset: str) -> list[dg.AssetCheckSpec]:
    """What `judge_label` evaluates."""
    return [
        dg.AssetCheckSpec(
            LABEL_CLASSES,
            asset=asset,
            blocking=True,
            description="Rows have at least two classes, and each class that the contract names.",
        ),
        dg.AssetCheckSpec(
            LABEL_BALANCE,
            asset=asset,
            description="No class is rarer than `min_class_share` allows, and none is gone that "
            "the champion has learned.",
        ),
    ]


def judge_label(evidence: Evidence, baseline: Baseline) -> list[dg.AssetCheckResult]:
    """Whether the label's classes are there, and often enough."""
    label = evidence.contract.label
    counts = _counts(label, evidence.report.figures)
    if label is None or counts is None:
        said = "there is no label with classes"
        return [
            dg.AssetCheckResult(passed=True, check_name=name, description=said)
            for name in (LABEL_CLASSES, LABEL_BALANCE)
        ]
    by_value: Mapping[str, int] = evidence.report.figures["label"].get("negative", {})
    gone = _gone(counts, baseline) if label.problem == "multiclass" and not label.classes else []
    return [_classes(label, counts, by_value), _balance(evidence, counts, gone)]


def _counts(label: Label | None, figures: Mapping[str, Any]) -> dict[str, int] | None:
    """Rows by class: of two classes, those that are not the positive one are one class."""
    found: Mapping[str, Any] = figures.get("label") or {}
    if label is None or not {"positive", "classes"} & found.keys():
        return None
    if label.problem == "binary":
        negative = label.negative or ()
        other = negative[0] if len(negative) == 1 else OTHERS
        return {str(label.positive): found.get("positive", 0), other: found.get("other", 0)}
    return {**dict.fromkeys(label.classes or (), 0), **found.get("classes", {})}


def _classes(
    label: Label, counts: Mapping[str, int], by_value: Mapping[str, int]
) -> dg.AssetCheckResult:
    there = [name for name, count in counts.items() if count]
    missing = [name for name, count in {**counts, **by_value}.items() if not count]
    trouble = None
    if len(there) < 2:
        only = f"only {listed(there)}" if there else "none"
        trouble = f"of the classes of {listed([label.column])}, rows have {only}"
    elif missing:
        trouble = f"no row has the class {listed(missing)} of {listed([label.column])}"
    return dg.AssetCheckResult(
        passed=trouble is None,
        check_name=LABEL_CLASSES,
        description=f"{trouble}: see whether files are missing, and whether `label` in the "
        "contract names the classes as they are written"
        if trouble
        else None,
        metadata={"classes": len(there), "missing": missing[:100]},
    )


def _balance(
    evidence: Evidence, counts: Mapping[str, int], gone: Sequence[str]
) -> dg.AssetCheckResult:
    total, least = sum(counts.values()), evidence.contract.checks.min_class_share
    # of ten even classes each has a tenth, so the share is taken of what they would have
    needed = least * 2 / max(2, len(counts))
    rare = [name for name, count in counts.items() if count < needed * total]
    said: list[str] = []
    if rare:
        rarest = min(counts, key=lambda name: counts[name])
        said.append(
            f"too few rows have the class {listed(rare)} (the rarest {counts[rarest]} of {total}, "
            f"{needed:.2%} needed): give more of them, or lower `min_class_share` under `checks`"
        )
    if gone:
        said.append(
            f"no row has the class {listed(gone)} any more, which the champion was trained on: "
            "see whether files are missing"
        )
    return warning(
        LABEL_BALANCE,
        "; ".join(said) or None,
        {
            "rows": dict(list(counts.items())[:100]),
            "min_class_share": least,
            "gone": list(gone[:100]),
        },
    )


def _gone(counts: Mapping[str, int], baseline: Baseline) -> list[str]:
    """The classes that rows of the champion's data had."""
    if baseline.report is None or len(counts) >= MOST_TOLD:
        return []
    before: Mapping[str, Any] = baseline.report.figures.get("label") or {}
    return [name for name in before.get("classes", {}) if name not in counts]
