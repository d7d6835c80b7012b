"""The figures that `lr_model` reports.

A key that is not required is missing from reports of earlier releases, or does not apply.
"""

from typing import NotRequired, TypedDict

from spark_jobs.contract import Problem
from spark_jobs.learning.params import EstimatorName, FeaturizerSettings

# the functional form, because `class` is a keyword
FeatureWeight = TypedDict(
    "FeatureWeight", {"class": NotRequired[str], "feature": str, "weight": float}
)
FeatureWeight.__doc__ = "A feature's weight in a model; of several classes, the weight for one."


class FeatureShare(TypedDict):
    """A feature, and its share of something as a number from 0 to 1."""

    feature: str
    share: float


class ImportanceFigures(TypedDict):
    """Which features a model relies on.

    `strongest` are those of greatest weight. `share_of_strongest` is the feature with the largest
    share of all weight, `explains_most` the one that alone explains most of the label;
    `weighed_features` counts the features with a weight. `finite` is false if a weight is not
    finite, and then there is nothing else.
    """

    finite: NotRequired[bool]
    strongest: NotRequired[list[FeatureWeight]]
    share_of_strongest: NotRequired[FeatureShare]
    explains_most: NotRequired[FeatureShare]
    weighed_features: NotRequired[int]


class FitFigures(TypedDict):
    """How a fit ended. `stopped_early` is there if its iterations were limited on purpose,
    `sampled` if it used a sample of the rows.
    """

    converged: NotRequired[bool]
    iterations: NotRequired[int]
    stopped_early: NotRequired[bool]
    sampled: NotRequired[bool]


class TrialFigures(FitFigures):
    """The estimator and its parameters, how its fit ended, and its scores on other rows.

    These are the rows of the validation split, or those of both splits in turn if there are
    several `folds`. Of the chosen one, `threshold` is the probability above which a binary label is
    predicted to be positive, and `calibrated` tells whether its probabilities were corrected.
    """

    estimator: NotRequired[EstimatorName]
    folds: NotRequired[int]
    calibrated: NotRequired[bool]
    threshold: NotRequired[float]
    regularization: NotRequired[float]
    elastic_net: NotRequired[float]
    max_depth: NotRequired[int]
    log_loss: NotRequired[float | None]
    accuracy: NotRequired[float | None]
    rmse: NotRequired[float | None]
    mae: NotRequired[float | None]
    r2: NotRequired[float | None]


class CandidateFigures(TrialFigures):
    """A candidate: the index of its featurizer, and the figures of its fit."""

    featurizer: int


class LabelFigures(TypedDict):
    """The label in the training split.

    Of a binary label the rows that are `positive` in each split, of a multiclass label the
    `classes` that can be predicted, of a numeric label its mean and standard deviation.
    `class_weights` are there if classes had weights in the fit.
    """

    class_weights: NotRequired[dict[str, float]]
    positive: NotRequired[dict[str, int]]
    classes: NotRequired[list[str]]
    label_mean: NotRequired[float]
    label_deviation: NotRequired[float]


class ModelFigures(TrialFigures, ImportanceFigures, LabelFigures):
    """The figures of `lr_model`: those of the chosen candidate, and all `candidates`."""

    problem: Problem
    featurizer: FeaturizerSettings
    candidates: list[CandidateFigures]
    features: int
    ignored_columns: list[str]
