"""What margins say of rows that a model was not fitted on: losses, scores, calibration, threshold.

A margin is the output of a model before it becomes a probability: of a binary label the logarithm
of the odds, of several classes one number for each, of a numeric label the prediction.
"""

from math import isfinite, log, sqrt
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from spark_jobs.contract import BINARY, REGRESSION, Problem
from spark_jobs.evaluation.scores import SMALLEST, THRESHOLD
from spark_jobs.learning.figures import TrialFigures
from spark_jobs.learning.local_rows import Numbers
from spark_jobs.learning.params import Threshold

LARGEST_LOSS = -log(SMALLEST)
# Twice the gain in log-likelihood that two parameters reach by chance in one of a hundred cases
CHANCE = 9.21


def row_losses(problem: Problem, margins: Numbers, labels: Numbers) -> Numbers:
    """Return the loss of each row: half the squared error of a number, else the log loss.

    Args:
        problem: of the label.
        margins: a column for each output.
        labels: as a model is fitted on them; NaN for a class that can't be predicted.
    """
    if problem == REGRESSION:
        return np.square(np.subtract(margins[:, 0], labels)) / 2
    if problem == BINARY:
        losses = np.subtract(np.logaddexp(0, margins[:, 0]), labels * margins[:, 0])
    else:
        known = np.isfinite(labels)
        numbers = np.where(known, labels, 0).astype(int)
        own = margins[np.arange(len(labels)), numbers]
        losses = np.asarray(logsumexp(margins, axis=1)) - own
        losses = np.where(known, losses, LARGEST_LOSS)
    return np.minimum(losses, LARGEST_LOSS)


def scores(
    problem: Problem,
    margins: Numbers,
    labels: Numbers,
    weights: Numbers,
    *,
    deviation: float = 1.0,
    threshold: float = THRESHOLD,
) -> TrialFigures:
    """Return the scores of rows; those of a number are in the unit of the label.

    Args:
        problem: of the label.
        margins: a column for each output.
        labels: as a model is fitted on them.
        weights: of the rows.
        deviation: what the labels have been divided by.
        threshold: the probability above which a binary label is predicted to be positive.
    """
    shares = weights / weights.sum()
    mean_loss = float(shares @ row_losses(problem, margins, labels))
    if problem == REGRESSION:
        error = margins[:, 0] - labels
        variance = float(shares @ (labels - shares @ labels) ** 2)
        r2 = 1 - 2 * mean_loss / variance if variance else None
        return {
            "rmse": _finite(sqrt(2 * mean_loss) * deviation),
            "mae": _finite(float(shares @ np.abs(error)) * deviation),
            "r2": _finite(r2),
        }
    if problem == BINARY:
        right = (expit(margins[:, 0]) > threshold) == (labels == 1)
    else:
        right = margins.argmax(axis=1) == labels
    return {"log_loss": _finite(mean_loss), "accuracy": float(shares @ right)}


def calibration(
    problem: Problem, margins: Numbers, labels: Numbers, weights: Numbers
) -> tuple[float, float]:
    """Return the factor and the offset that make margins calibrated, or 1 and 0.

    These are Platt's (1999), and for several classes a temperature alone (Guo et al., 2017). They
    are used only if the likelihood of the labels gains more from them than by chance. Rows of
    unequal weights tell as much as fewer equal ones (Kish, 1965).
    """
    known = np.isfinite(labels)
    margins, labels, weights = margins[known], labels[known], weights[known]
    if problem == REGRESSION or not len(labels):
        return 1.0, 0.0
    shares = weights / weights.sum()
    equal_rows = 1 / float(shares @ shares)
    offsets = problem == BINARY

    def mean_loss(parameters: Any) -> float:
        offset = parameters[1] if offsets else 0.0
        adjusted = np.exp(parameters[0]) * margins + offset
        return float(shares @ row_losses(problem, adjusted, labels))

    start = np.zeros(1 + offsets)
    result = minimize(mean_loss, start, method="BFGS")
    gain = 2 * equal_rows * (mean_loss(start) - float(result.fun))
    if not (isfinite(gain) and gain > CHANCE):
        return 1.0, 0.0
    return float(np.exp(result.x[0])), float(result.x[1]) if offsets else 0.0


def decision_threshold(
    wanted: Threshold, margins: Numbers, labels: Numbers, weights: Numbers
) -> float:
    """Return the probability above which a binary label is predicted to be positive.

    Calibrated probabilities determine it: for the most right predictions it is a half, for costs of
    false predictions the share of a false positive's cost in both (Elkan, 2001). The best F1 is
    half-way between two of the rows' probabilities.
    """
    match wanted:
        case "accuracy":
            return THRESHOLD
        case "f1":
            return _best_f1(expit(margins[:, 0]), labels == 1, weights)
        case float() | int():
            return float(wanted)
        case costs:
            return costs["false_positive"] / (costs["false_positive"] + costs["false_negative"])


def _best_f1(probabilities: Numbers, positive: Any, weights: Numbers) -> float:
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    found = np.cumsum((positive * weights)[order])
    scores = 2 * found / (np.cumsum(weights[order]) + found[-1])
    last = np.append(ranked[1:] < ranked[:-1], True)  # of equal probabilities
    best = int(np.argmax(np.where(last, scores, -1)))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)


def _finite(value: float | None) -> float | None:
    # JSON has neither infinity nor NaN
    return value if value is not None and isfinite(value) else None
