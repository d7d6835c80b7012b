"""Figures of a model in words."""

import json
from collections.abc import Mapping
from typing import Any

from spark_jobs.evaluation import wording

# name and meaning of each figure, in the order in which they are shown
FIGURES: Mapping[str, tuple[str, str]] = {
    "accuracy": ("Accuracy", "share of all rows that are predicted correctly"),
    "precision": ("Precision", "share of the rows predicted positive that are positive"),
    "recall": ("Recall", "share of the positive rows that are found"),
    "f1": ("F1", "harmonic mean of precision and recall"),
    "auc_roc": (
        "Area under the ROC curve",
        "chance that a positive row has a higher probability than a negative one",
    ),
    "auc_pr": ("Average precision", "area under the curve of precision and recall"),
    "log_loss": ("Log loss", "mean of -ln(p), p the probability of the right label; 0 is best"),
    "brier": ("Brier score", "mean squared error of the probabilities; 0 is best"),
    "calibration_error": ("Calibration error", "mean gap between probability and share; 0 is best"),
    "precision_at_recall_50": ("Precision at 50% recall", "at the best threshold for it"),
    "precision_at_recall_80": ("Precision at 80% recall", "at the best threshold for it"),
    "precision_at_recall_90": ("Precision at 90% recall", "at the best threshold for it"),
    "rmse": ("Root mean squared error", "in the unit of the label; 0 is best"),
    "mae": ("Mean absolute error", "in the unit of the label; 0 is best"),
    "r2": ("R²", "share of the label's variance that is explained"),
}
SEVERAL_CLASSES: Mapping[str, tuple[str, str]] = {
    "precision": ("Precision", "of the predictions of a class, the right ones; mean over classes"),
    "recall": ("Recall", "of the rows of a class, those that are found; mean over classes"),
    "f1": ("F1", "harmonic mean of precision and recall; mean over classes"),
}
# figures of `lr_model` that are of validation rows or folds, unlike those of `metrics`
VALIDATION_FIGURES = ("log_loss", "accuracy", "rmse", "mae", "r2")
MISSING = "n/a"


def number(value: float | None) -> str:
    """Return a number with four significant digits, and all digits before the decimal point."""
    return MISSING if value is None else wording.number(value)


def percent(share: float | None) -> str:
    """Return a share in percent, with one digit after the decimal point."""
    return MISSING if share is None else f"{share:.1%}".replace(".0%", "%")


def of_hundred(share: float) -> str:
    """Return a share of rows in words: `63 of 100`, or `997 of 1,000` if it is near to all."""
    if share == 1:
        return "all"
    whole = 1000 if share > 0.99 or 0 < share < 0.01 else 100
    return f"{share * whole:.0f} of {whole:,}"


def as_text(value: Any) -> str:
    """Return JSON for people to read."""
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True)
