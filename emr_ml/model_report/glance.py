"""Small curves in so few characters that Dagster shows them without a click."""

import base64
from collections.abc import Sequence

from spark_jobs.evaluation.figures import BinaryFigures, MetricsFigures, RegressionFigures

SHOWN_CHARACTERS = 999  # Dagster shows longer Markdown only after a click
SIDE, GAP = 110, 25  # pixels
FEWEST_POINTS, MOST_POINTS = 6, 24

Points = Sequence[tuple[float, float]]  # each from 0 to 1


def glance(figures: MetricsFigures, characters: int) -> str | None:
    """Return Markdown with a picture of the curves in at most that many characters.

    The curves have as many points as there is room for; None if the model has no curves, or even
    the fewest points take more room.
    """
    curves = _curves(figures)
    for points in range(MOST_POINTS, FEWEST_POINTS - 1, -2):
        svg = _svg({title: _thinned(curve, points) for title, curve in curves.items()})
        encoded = base64.b64encode(svg.encode()).decode()
        text = f"![{', '.join(curves)}](data:image/svg+xml;base64,{encoded})"
        if curves and len(text) <= characters:
            return text
    return None


def _curves(figures: MetricsFigures) -> dict[str, Points]:
    match figures["problem"]:
        case "binary":
            return _of_two_classes(figures)
        case "regression":
            return _of_numbers(figures)
        case _:
            return {}


def _of_two_classes(figures: BinaryFigures) -> dict[str, Points]:
    ranking, bins = figures["curves"]["ranking"], figures["curves"]["calibration"]
    return {
        "precision by recall": [
            (0.0, ranking[0]["precision"]),
            *((point["recall"], point["precision"]) for point in ranking),
        ],
        "ROC": [
            (0.0, 0.0),
            *((point["false_positive_rate"], point["recall"]) for point in ranking),
        ],
        "calibration": [(each["probability"], each["positive"]) for each in bins],
    }


def _of_numbers(figures: RegressionFigures) -> dict[str, Points]:
    fit, errors = figures["curves"]["fit"], figures["curves"]["errors"]
    values = [value for each in fit for value in (each["predicted"], each["label"])]
    least, width = min(values), (max(values) - min(values)) or 1.0
    most = max((each["rows"] for each in errors), default=1) or 1
    return {
        "label by prediction": [
            ((each["predicted"] - least) / width, (each["label"] - least) / width) for each in fit
        ],
        "errors": [(index / len(errors), each["rows"] / most) for index, each in enumerate(errors)],
    }


def _thinned(points: Points, count: int) -> Points:
    if len(points) <= count:
        return points
    return [points[round(step * (len(points) - 1) / (count - 1))] for step in range(count)]


def _svg(curves: dict[str, Points]) -> str:
    frames, lines, titles = "", "", ""
    for number, (title, points) in enumerate(curves.items()):
        left = number * (SIDE + GAP) + 1
        frames += f"M{left} 1v{SIDE}h{SIDE}"
        places = (f"{left + x * SIDE:.0f} {1 + (1 - y) * SIDE:.0f}" for x, y in points)
        lines += f"M{'L'.join(places)}"
        titles += f'<text x="{left}" y="{SIDE + 16}">{title}</text>'
    width, height = len(curves) * (SIDE + GAP), SIDE + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<g fill="none"><path stroke="#999" d="{frames}"/><path stroke="#38f" d="{lines}"/></g>'
        f'<g fill="#888" font-family="sans-serif" font-size="11">{titles}</g></svg>'
    )
