"""Plots of how good a model is."""

import base64
import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emr_ml.ui.wording import shorten
from spark_jobs.evaluation.figures import (
    BinaryFigures,
    MetricsFigures,
    MulticlassFigures,
    RegressionFigures,
)

INCHES = 3.6
INCHES_PER_CLASS = 0.3
CLASS_CHARACTERS = 20
MAX_NUMBERED_CLASSES = 12  # with more, cells have no room for a number

Plots = dict[str, str]


def draw(figures: MetricsFigures) -> Plots:
    """Return plots of the figures of `metrics` by name, each a PNG in base64."""
    if figures["problem"] == "binary":
        return _binary(figures)
    if figures["problem"] == "multiclass":
        return _multiclass(figures)
    return _regression(figures)


def _binary(figures: BinaryFigures) -> Plots:
    ranking, calibration = figures["curves"]["ranking"], figures["curves"]["calibration"]
    false_positive_rates = [0.0, *(point["false_positive_rate"] for point in ranking)]
    recalls = [0.0, *(point["recall"] for point in ranking)]
    precisions = [ranking[0]["precision"], *(point["precision"] for point in ranking)]
    counts = figures["confusion"]
    return {
        "roc_curve": _curve(
            ("false positive rate", false_positive_rates),
            ("recall", recalls),
            f"ROC, area {figures['auc_roc']:.3f}",
            diagonal=True,
        ),
        "precision_recall_curve": _curve(
            ("recall", recalls),
            ("precision", precisions),
            f"Precision and recall, area {figures['auc_pr']:.3f}",
        ),
        "calibration_curve": _curve(
            ("probability", [each["probability"] for each in calibration]),
            ("positive", [each["positive"] for each in calibration]),
            f"Calibration, error {figures['calibration_error']:.3f}",
            diagonal=True,
            marker="o",
        ),
        "confusion_matrix": _confusion_matrix(
            [[counts["tn"], counts["fp"]], [counts["fn"], counts["tp"]]],
            ["other", "positive"],
            "Confusion, threshold 0.5",
        ),
    }


def _multiclass(figures: MulticlassFigures) -> Plots:
    confusion = figures["confusion"]
    title = f"Confusion, accuracy {figures['accuracy']:.3f}"
    return {"confusion_matrix": _confusion_matrix(confusion["rows"], confusion["labels"], title)}


def _regression(figures: RegressionFigures) -> Plots:
    plots = {"prediction_curve": _fit_curve(figures)}
    if errors := figures["curves"]["errors"]:
        figure, axes = _axes("Errors")
        starts = [each["from"] for each in errors]
        rows = [each["rows"] for each in errors]
        axes.bar(starts, rows, width=starts[1] - starts[0], align="edge")
        axes.locator_params(axis="x", nbins=5)
        axes.set(xlabel="label minus prediction", ylabel="rows")
        plots["error_histogram"] = _png(figure)
    return plots


def _fit_curve(figures: RegressionFigures) -> str:
    bins = figures["curves"]["fit"]
    r2 = "" if figures["r2"] is None else f", R² {figures['r2']:.3f}"
    figure, axes = _axes(f"Mean label by prediction{r2}")
    predictions = [each["predicted"] for each in bins]
    ends = [min(predictions), max(predictions)]
    axes.plot(ends, ends, color="0.75", linestyle="--", linewidth=1)
    axes.plot(predictions, [each["label"] for each in bins], marker="o", markersize=4)
    axes.set(xlabel="prediction", ylabel="label")
    return _png(figure)


def _curve(
    x: tuple[str, Sequence[float]],
    y: tuple[str, Sequence[float]],
    title: str,
    *,
    diagonal: bool = False,
    marker: str = "",
) -> str:
    """Draw values from 0 to 1, each axis given by its name and values."""
    figure, axes = _axes(title)
    if diagonal:
        axes.plot([0, 1], [0, 1], color="0.75", linestyle="--", linewidth=1)
    axes.plot(x[1], y[1], marker=marker, markersize=4)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=x[0], ylabel=y[0])
    return _png(figure)


def _confusion_matrix(cells: Sequence[Sequence[int]], labels: Sequence[str], title: str) -> str:
    figure, axes = _axes(title, max(INCHES, INCHES_PER_CLASS * len(labels)))
    axes.imshow(cells, cmap="Blues")
    darkest = max(max(row) for row in cells)
    for row, values in enumerate(cells if len(labels) <= MAX_NUMBERED_CLASSES else []):
        for column, value in enumerate(values):
            color = "white" if value > darkest / 2 else "black"
            axes.text(column, row, f"{value:,}", ha="center", va="center", color=color)
    axes.set(xlabel="predicted", ylabel="label")
    # matplotlib would start a formula at a dollar sign
    names = [shorten(label, CLASS_CHARACTERS).replace("$", r"\$") for label in labels]
    are_two = len(labels) == 2
    axes.set_xticks(range(len(labels)), names, rotation=0 if are_two else 90)
    axes.set_yticks(range(len(labels)), names, rotation=90 if are_two else 0, va="center")
    return _png(figure)


def _axes(title: str, inches: float = INCHES) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(inches, inches), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10)
    return figure, axes


def _png(figure: Figure) -> str:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return base64.b64encode(file.getvalue()).decode()
