"""Charts of the figures of `metrics`: SVG that follows the page's theme, or one PNG of all."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emr_ml.wording import shorten
from spark_jobs.evaluation.figures import (
    BinaryFigures,
    MetricsFigures,
    MulticlassFigures,
    RegressionFigures,
)

INCHES = 3.6
CLASS_CHARACTERS = 20
MAX_NUMBERED_CLASSES = 12  # with more, cells have no room for a number


@dataclass(frozen=True)
class Palette:
    """The colours of a chart, as CSS writes them in hexadecimal digits."""

    ink: str
    faint: str
    first: str
    second: str


ON_WHITE = Palette(ink="#1f2328", faint="#b4bac2", first="#2563ab", second="#c2570c")
# these colours stand for variables of the page's style sheet, which replace them
MARKS = Palette(ink="#010101", faint="#020202", first="#030303", second="#040404")
VARIABLES = {
    MARKS.ink: "var(--ink)",
    MARKS.faint: "var(--faint)",
    MARKS.first: "var(--first)",
    MARKS.second: "var(--second)",
}

Draw = Callable[[Axes, Palette], None]


def charts(figures: MetricsFigures, threshold: float | None = None) -> Mapping[str, Draw]:
    """Return what draws each chart, by its title.

    Args:
        figures: of `metrics`.
        threshold: the probability from which on a binary model predicts the positive value; None
            if that is only known from what it has predicted.
    """
    if figures["problem"] == "binary":
        return _binary(figures, threshold)
    if figures["problem"] == "multiclass":
        return {}
    return _regression(figures)


def as_svg(title: str, draw: Draw) -> str:
    """Return a chart as an SVG element whose colours are variables of the page's style sheet."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": title, "font.size": 9}):
        figure = Figure(figsize=(INCHES, INCHES * 0.86), layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        _style(axes, MARKS)
        draw(axes, MARKS)
        file = io.StringIO()
        _lay_out(figure)
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    svg = text[text.index("<svg") :]
    for mark, variable in VARIABLES.items():
        svg = svg.replace(mark, variable)
    return svg


def as_sheet(figures: MetricsFigures, threshold: float | None = None) -> bytes:
    """Return all charts, the confusion among them, side by side as one PNG."""
    drawn = dict(charts(figures, threshold))
    if figures["problem"] != "regression":
        drawn["Confusion"] = _confusion(figures)
    columns = min(len(drawn), 3)
    rows = -(-len(drawn) // columns)
    figure = Figure(figsize=(INCHES * columns, INCHES * 0.86 * rows), layout="constrained")
    for number, (title, draw) in enumerate(drawn.items(), start=1):
        axes = figure.add_subplot(rows, columns, number)
        axes.set_title(title, fontsize=10)
        _style(axes, ON_WHITE)
        draw(axes, ON_WHITE)
    file = io.BytesIO()
    _lay_out(figure)
    figure.savefig(file, format="png", dpi=80)
    return file.getvalue()


def _lay_out(figure: Figure) -> None:
    """Make room for labels once: otherwise each of the two drawings of a file does so again."""
    engine = figure.get_layout_engine()
    assert engine
    engine.execute(figure)
    figure.set_layout_engine("none")


def _style(axes: Axes, palette: Palette) -> None:
    axes.patch.set_alpha(0)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(palette.faint)
    axes.tick_params(colors=palette.ink, color=palette.faint)
    axes.xaxis.label.set_color(palette.ink)
    axes.yaxis.label.set_color(palette.ink)


def _binary(figures: BinaryFigures, threshold: float | None) -> Mapping[str, Draw]:
    ranking = figures["curves"]["ranking"]
    drawn: dict[str, Draw] = {
        "Precision and recall": lambda axes, palette: _precision_recall(axes, palette, figures),
        "ROC": lambda axes, palette: _roc(axes, palette, figures),
        "Calibration": lambda axes, palette: _calibration(axes, palette, figures),
    }
    if ranking and "threshold" in ranking[0]:
        drawn["By decision threshold"] = lambda axes, palette: _by_threshold(
            axes, palette, figures, threshold
        )
    return drawn


def _roc(axes: Axes, palette: Palette, figures: BinaryFigures) -> None:
    ranking, counts = figures["curves"]["ranking"], figures["confusion"]
    rates = [0.0, *(point["false_positive_rate"] for point in ranking)]
    recalls = [0.0, *(point["recall"] for point in ranking)]
    axes.plot([0, 1], [0, 1], color=palette.faint, linestyle="--", linewidth=1)
    axes.plot(rates, recalls, color=palette.first)
    at = counts["fp"] / (counts["fp"] + counts["tn"]), counts["tp"] / (counts["tp"] + counts["fn"])
    _decision(axes, palette, at)
    _unit_square(axes, "false positive rate", "recall")


def _precision_recall(axes: Axes, palette: Palette, figures: BinaryFigures) -> None:
    ranking, counts = figures["curves"]["ranking"], figures["confusion"]
    recalls = [0.0, *(point["recall"] for point in ranking)]
    precisions = [ranking[0]["precision"], *(point["precision"] for point in ranking)]
    positives = counts["tp"] + counts["fn"]
    share = positives / (positives + counts["fp"] + counts["tn"])
    axes.plot([0, 1], [share, share], color=palette.faint, linestyle="--", linewidth=1)
    axes.plot(recalls, precisions, color=palette.first)
    if counts["tp"] + counts["fp"]:
        at = counts["tp"] / positives, counts["tp"] / (counts["tp"] + counts["fp"])
        _decision(axes, palette, at)
    _unit_square(axes, "recall", "precision")


def _calibration(axes: Axes, palette: Palette, figures: BinaryFigures) -> None:
    bins = figures["curves"]["calibration"]
    most = max(each["rows"] for each in bins)
    axes.plot([0, 1], [0, 1], color=palette.faint, linestyle="--", linewidth=1)
    probabilities = [each["probability"] for each in bins]
    shares = [each["positive"] for each in bins]
    axes.plot(probabilities, shares, color=palette.first, linewidth=1)
    sizes = [12 + 100 * each["rows"] / most for each in bins]
    axes.scatter(probabilities, shares, s=sizes, color=palette.first)
    _unit_square(axes, "predicted probability (larger dots: more rows)", "share of positive rows")


def _by_threshold(
    axes: Axes, palette: Palette, figures: BinaryFigures, threshold: float | None
) -> None:
    ranking = figures["curves"]["ranking"]
    thresholds = [point.get("threshold", 0.0) for point in ranking]
    precisions = [point["precision"] for point in ranking]
    recalls = [point["recall"] for point in ranking]
    axes.plot(thresholds, precisions, color=palette.first, drawstyle="steps-post")
    axes.plot(thresholds, recalls, color=palette.ink, linestyle=":", drawstyle="steps-post")
    at = _least_predicted(figures) if threshold is None else threshold
    axes.axvline(at, color=palette.second, linewidth=1)
    own = "the model's is marked" if threshold is None else f"the model's is {threshold:.3g}"
    _unit_square(axes, f"threshold ({own})", "precision (line), recall (dots)")


def _least_predicted(figures: BinaryFigures) -> float:
    """Return about the least probability of the rows that are predicted to be positive."""
    counts, ranking = figures["confusion"], figures["curves"]["ranking"]
    predicted = counts["tp"] + counts["fp"]
    positives, negatives = counts["tp"] + counts["fn"], counts["fp"] + counts["tn"]
    nearest = min(
        ranking,
        key=lambda point: abs(
            point["recall"] * positives + point["false_positive_rate"] * negatives - predicted
        ),
    )
    return nearest.get("threshold", 0.0)


def _decision(axes: Axes, palette: Palette, at: tuple[float, float]) -> None:
    axes.plot(*at, marker="o", markersize=8, color=palette.second)
    left = at[0] < 0.5
    axes.annotate(
        "decision",
        at,
        xytext=(9 if left else -9, -12),
        textcoords="offset points",
        ha="left" if left else "right",
        color=palette.second,
    )


def _unit_square(axes: Axes, x: str, y: str) -> None:
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04), xlabel=x, ylabel=y)


def _regression(figures: RegressionFigures) -> Mapping[str, Draw]:
    drawn: dict[str, Draw] = {
        "Mean label by prediction": lambda axes, palette: _fit(axes, palette, figures)
    }
    if figures["curves"]["errors"]:
        drawn["Errors"] = lambda axes, palette: _errors(axes, palette, figures)
    return drawn


def _fit(axes: Axes, palette: Palette, figures: RegressionFigures) -> None:
    bins = figures["curves"]["fit"]
    predictions = [each["predicted"] for each in bins]
    ends = [min(predictions), max(predictions)]
    axes.plot(ends, ends, color=palette.faint, linestyle="--", linewidth=1)
    labels = [each["label"] for each in bins]
    axes.plot(predictions, labels, color=palette.first, marker="o", markersize=4)
    axes.set(xlabel="prediction", ylabel="label")


def _errors(axes: Axes, palette: Palette, figures: RegressionFigures) -> None:
    errors = figures["curves"]["errors"]
    starts = [each["from"] for each in errors]
    width = starts[1] - starts[0]
    rows = [each["rows"] for each in errors]
    axes.bar(starts, rows, width=width * 0.92, align="edge", color=palette.first)
    axes.axvline(0, color=palette.faint, linestyle="--", linewidth=1)
    axes.locator_params(axis="x", nbins=5)
    axes.set(xlabel="label minus prediction", ylabel="rows")


def _confusion(figures: BinaryFigures | MulticlassFigures) -> Draw:
    cells, labels = confusion_cells(figures, ("other", "positive"))

    def draw(axes: Axes, palette: Palette) -> None:
        axes.imshow(cells, cmap="Blues")
        darkest = max(max(row) for row in cells)
        for row, values in enumerate(cells if len(labels) <= MAX_NUMBERED_CLASSES else []):
            for column, value in enumerate(values):
                color = "white" if value > darkest / 2 else palette.ink
                axes.text(column, row, f"{value:,}", ha="center", va="center", color=color)
        axes.set(xlabel="predicted", ylabel="label")
        # matplotlib would start a formula at a dollar sign
        names = [shorten(label, CLASS_CHARACTERS).replace("$", r"\$") for label in labels]
        few = len(labels) == 2
        axes.set_xticks(range(len(labels)), names, rotation=0 if few else 90)
        axes.set_yticks(range(len(labels)), names, rotation=90 if few else 0, va="center")

    return draw


def confusion_cells(
    figures: BinaryFigures | MulticlassFigures, binary_names: tuple[str, str]
) -> tuple[Sequence[Sequence[int]], Sequence[str]]:
    """Return the rows of counts by label, a column for each prediction, and the labels.

    Args:
        figures: of a classification.
        binary_names: of the labels 0 and 1.
    """
    if figures["problem"] == "multiclass":
        return figures["confusion"]["rows"], figures["confusion"]["labels"]
    counts = figures["confusion"]
    return [[counts["tn"], counts["fp"]], [counts["fn"], counts["tp"]]], binary_names
