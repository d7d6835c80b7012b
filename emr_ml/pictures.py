"""Pictures of how good a classification is."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

INCHES = 3.6


def draw(figures: Mapping[str, Any]) -> dict[str, str]:
    """PNG pictures in base64, by name, from the figures of `metrics`."""
    points = figures["curves"]["ranking"]
    start = {"false_positive_rate": 0.0, "recall": 0.0, "precision": points[0]["precision"]}
    ranking: list[Mapping[str, float]] = [start, *points]
    return {
        "roc_curve": _curve(
            ranking,
            ("false_positive_rate", "recall"),
            f"ROC, area {figures['auc_roc']:.3f}",
            diagonal=True,
        ),
        "precision_recall_curve": _curve(
            ranking, ("recall", "precision"), f"Precision and recall, area {figures['auc_pr']:.3f}"
        ),
        "calibration_curve": _curve(
            figures["curves"]["calibration"],
            ("probability", "positive"),
            f"Calibration, error {figures['calibration_error']:.3f}",
            diagonal=True,
            marker="o",
        ),
        "confusion_matrix": _confusion(figures["confusion"]),
    }


def _curve(
    points: Sequence[Mapping[str, float]],
    names: tuple[str, str],
    title: str,
    *,
    diagonal: bool = False,
    marker: str = "",
) -> str:
    figure, axes = _axes(title)
    if diagonal:
        axes.plot([0, 1], [0, 1], color="0.75", linestyle="--", linewidth=1)
    across, up = names
    axes.plot([p[across] for p in points], [p[up] for p in points], marker=marker, markersize=4)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set(xlabel=across.replace("_", " "), ylabel=up.replace("_", " "))
    return _png(figure)


def _confusion(counts: Mapping[str, int]) -> str:
    figure, axes = _axes("Confusion, threshold 0.5")
    cells = [[counts["tn"], counts["fp"]], [counts["fn"], counts["tp"]]]
    axes.imshow(cells, cmap="Blues")
    darkest = max(max(row) for row in cells)
    for row, values in enumerate(cells):
        for column, value in enumerate(values):
            color = "white" if value > darkest / 2 else "black"
            axes.text(column, row, f"{value:,}", ha="center", va="center", color=color)
    axes.set(xlabel="predicted", ylabel="label")
    axes.set_xticks([0, 1], ["other", "positive"])
    axes.set_yticks([0, 1], ["other", "positive"], rotation=90, va="center")
    return _png(figure)


def _axes(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(INCHES, INCHES), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10)
    return figure, axes


def _png(figure: Figure) -> str:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return base64.b64encode(file.getvalue()).decode()
