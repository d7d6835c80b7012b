"""Pictures of how good a model is."""

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

INCHES = 3.6
LONGEST_NAME = 20  # characters of a class
NUMBERED_CELLS = 12  # classes, beyond which a cell has no room for its number
INCHES_OF_A_CLASS = 0.3

Pictures = dict[str, str]


def draw(figures: Mapping[str, Any]) -> Pictures:
    """PNG pictures in base64, by name, from the figures of `metrics`."""
    return _PICTURES[figures["problem"]](figures)


def _binary(figures: Mapping[str, Any]) -> Pictures:
    points = figures["curves"]["ranking"]
    start = {"false_positive_rate": 0.0, "recall": 0.0, "precision": points[0]["precision"]}
    ranking: list[Mapping[str, float]] = [start, *points]
    counts = figures["confusion"]
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
        "confusion_matrix": _confusion(
            [[counts["tn"], counts["fp"]], [counts["fn"], counts["tp"]]],
            ["other", "positive"],
            "Confusion, threshold 0.5",
        ),
    }


def _multiclass(figures: Mapping[str, Any]) -> Pictures:
    confusion = figures["confusion"]
    return {
        "confusion_matrix": _confusion(
            confusion["rows"], confusion["labels"], f"Confusion, accuracy {figures['accuracy']:.3f}"
        )
    }


def _regression(figures: Mapping[str, Any]) -> Pictures:
    pictures = {"prediction_curve": _fit(figures)}
    if errors := figures["curves"]["errors"]:
        figure, axes = _axes("Errors")
        starts = [bin_["from"] for bin_ in errors]
        axes.bar(
            starts, [bin_["rows"] for bin_ in errors], width=starts[1] - starts[0], align="edge"
        )
        axes.locator_params(axis="x", nbins=5)
        axes.set(xlabel="label less prediction", ylabel="rows")
        pictures["error_histogram"] = _png(figure)
    return pictures


_PICTURES: dict[str, Callable[[Mapping[str, Any]], Pictures]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "regression": _regression,
}


def _fit(figures: Mapping[str, Any]) -> str:
    bins = figures["curves"]["fit"]
    r2 = "" if figures["r2"] is None else f", R² {figures['r2']:.3f}"
    figure, axes = _axes(f"Mean label by prediction{r2}")
    across = [bin_["predicted"] for bin_ in bins]
    ends = [min(across), max(across)]
    axes.plot(ends, ends, color="0.75", linestyle="--", linewidth=1)
    axes.plot(across, [bin_["label"] for bin_ in bins], marker="o", markersize=4)
    axes.set(xlabel="prediction", ylabel="label")
    return _png(figure)


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


def _confusion(cells: Sequence[Sequence[int]], labels: Sequence[str], title: str) -> str:
    figure, axes = _axes(title, max(INCHES, INCHES_OF_A_CLASS * len(labels)))
    axes.imshow(cells, cmap="Blues")
    darkest = max(max(row) for row in cells)
    for row, values in enumerate(cells if len(labels) <= NUMBERED_CELLS else []):
        for column, value in enumerate(values):
            color = "white" if value > darkest / 2 else "black"
            axes.text(column, row, f"{value:,}", ha="center", va="center", color=color)
    axes.set(xlabel="predicted", ylabel="label")
    # a dollar sign would begin a formula
    names = [_short(label).replace("$", r"\$") for label in labels]
    few = len(labels) == 2
    axes.set_xticks(range(len(labels)), names, rotation=0 if few else 90)
    axes.set_yticks(range(len(labels)), names, rotation=90 if few else 0, va="center")
    return _png(figure)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _axes(title: str, inches: float = INCHES) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(inches, inches), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10)
    return figure, axes


def _png(figure: Figure) -> str:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return base64.b64encode(file.getvalue()).decode()
