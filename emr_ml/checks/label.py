"""Checks of a label with classes: each occurs, and none is too rare to be learned."""

from collections.abc import Mapping

from emr_ml.checks.check import CheckContext, Evaluation, blocking_check, check, dataset_figures
from emr_ml.contract.schema import Label
from emr_ml.wording import quote_names
from spark_jobs.cleaning.figures import LabelSummary
from spark_jobs.contract import MAX_CLASSES

OTHERS = "(all others)"
CLASSES_IN_METADATA = 100
NOT_APPLICABLE = Evaluation(note="there is no label with classes")


@blocking_check
def label_classes(context: CheckContext) -> Evaluation:
    """Rows have at least two classes, and every class that the contract names."""
    label, summary = context.contract.label, _label_summary(context)
    counts = _rows_by_class(label, summary)
    if label is None or counts is None:
        return NOT_APPLICABLE
    present = [name for name, count in counts.items() if count]
    # `negative` counts each negative value, of which the classes above are one sum
    all_counts = {**counts, **summary.get("negative", {})}
    missing = [name for name, count in all_counts.items() if not count]
    problem = None
    if len(present) < 2:
        only = f"only {quote_names(present)}" if present else "none"
        problem = f"of the classes of {quote_names([label.column])}, the rows have {only}"
    elif missing:
        problem = f"no row has the class {quote_names(missing)} of {quote_names([label.column])}"
    advice = (
        "check whether files are missing, and whether `label` in the contract spells the classes "
        "as the files do"
    )
    return Evaluation(
        f"{problem}: {advice}" if problem else None,
        {"classes": len(present), "missing": missing[:CLASSES_IN_METADATA]},
    )


@check
def label_balance(context: CheckContext) -> Evaluation:
    """No class is rarer than `min_class_share`, and none that the champion learned is missing."""
    label = context.contract.label
    counts = _rows_by_class(label, _label_summary(context))
    if label is None or counts is None:
        return NOT_APPLICABLE
    total, threshold = sum(counts.values()), context.contract.checks.min_class_share
    # ten balanced classes have a tenth each, so the threshold scales with the number of classes
    needed = threshold * 2 / max(2, len(counts))
    rare = [name for name, count in counts.items() if count < needed * total]
    lost = _lost_classes(context, counts) if _are_classes_open(label) else []
    problems: list[str] = []
    if rare:
        rarest = min(counts, key=lambda name: counts[name])
        problems.append(
            f"too few rows have the class {quote_names(rare)} (the rarest {counts[rarest]} of "
            f"{total}, {needed:.2%} needed): add more of them, or lower `min_class_share` under "
            "`checks`"
        )
    if lost:
        problems.append(
            f"no row has the class {quote_names(lost)} anymore, but the champion was trained on "
            "it: check whether files are missing"
        )
    return Evaluation(
        "; ".join(problems) or None,
        {
            "rows": dict(list(counts.items())[:CLASSES_IN_METADATA]),
            "min_class_share": threshold,
            "gone": lost[:CLASSES_IN_METADATA],
        },
    )


LABEL_CHECKS = (label_classes, label_balance)


def _label_summary(context: CheckContext) -> LabelSummary:
    return context.dataset_figures.get("label") or {}


def _rows_by_class(label: Label | None, summary: LabelSummary) -> dict[str, int] | None:
    """Return the rows of each class, or None for a label without classes.

    A binary label has two classes: the positive one, and all others as one.
    """
    if label is None or not {"positive", "classes"} & summary.keys():
        return None
    if label.problem == "binary":
        negative = label.negative or ()
        other = negative[0] if len(negative) == 1 else OTHERS
        return {str(label.positive): summary.get("positive", 0), other: summary.get("other", 0)}
    return {**dict.fromkeys(label.classes or (), 0), **summary.get("classes", {})}


def _are_classes_open(label: Label) -> bool:
    """Return True if the classes are those that the data has, not those that a contract names."""
    return label.problem == "multiclass" and not label.classes


def _lost_classes(context: CheckContext, counts: Mapping[str, int]) -> list[str]:
    """Return the classes of the champion's training data that no row has now."""
    baseline = context.baseline.report
    if baseline is None or len(counts) >= MAX_CLASSES:  # then some may not be counted
        return []
    before = dataset_figures(baseline).get("label") or {}
    return [name for name in before.get("classes", {}) if name not in counts]
