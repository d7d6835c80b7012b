"""The figures that are reported of a model on the test split, and of two models compared.

A key that is not required is missing from reports of earlier releases.
"""

from typing import Literal, NotRequired, TypedDict

from spark_jobs.contract import Kind, Problem


class ClassificationScores(TypedDict):
    """Null where they are not finite."""

    log_loss: float | None
    accuracy: float | None


class RegressionScores(TypedDict):
    """Null where they are not finite, `r2` also if the label is constant."""

    rmse: float | None
    mae: float | None
    r2: float | None


class PrecisionAtRecall(TypedDict):
    """The highest precision at a threshold that finds half, 80 or 90 percent of the positives.

    Null where there is no positive class.
    """

    precision_at_recall_50: float | None
    precision_at_recall_80: float | None
    precision_at_recall_90: float | None


class Slice(TypedDict):
    """The test rows with one value of a column, or with values in one range.

    Args:
        value: the value, or the range in words; null if it is missing.
        rows: how many.
        error: the share of them that is predicted wrongly, or the mean absolute error of a number.
        deviations: from the error of all other rows, in standard errors of that difference.
        precision, recall: of a binary label; null where nothing is predicted or present.
        bias: the mean of label minus prediction, of a number.
    """

    value: str | None
    rows: int
    error: float
    deviations: float
    precision: NotRequired[float | None]
    recall: NotRequired[float | None]
    bias: NotRequired[float]


class ColumnSlices(TypedDict):
    """The slices by a column; `kind` says what they are ranges of, if they are ranges."""

    column: str
    kind: Kind
    slices: list[Slice]


class WorstRow(TypedDict):
    """A test row of great loss, and its values by column, long texts cut.

    `probability` is that of a positive label, or of the predicted class.
    """

    id: str
    label: str | float | None
    predicted: str | float
    probability: NotRequired[float]
    loss: float | None
    values: dict[str, str | float | None]


class Details(TypedDict):
    """How certain the figures are, and where the model is wrong.

    `intervals` are the ends of 95% intervals by figure. `slices` are by the columns between
    whose values the errors differ most.
    """

    intervals: NotRequired[dict[str, list[float]]]
    slices: NotRequired[list[ColumnSlices]]
    worst_rows: NotRequired[list[WorstRow]]


class CommonMetrics(PrecisionAtRecall):
    """The figures that every model has, null where they do not apply to its problem."""

    accuracy: float | None
    f1: float | None
    precision: float | None
    recall: float | None
    auc_roc: float | None
    auc_pr: float | None
    log_loss: float | None
    brier: float | None
    calibration_error: float | None
    rmse: float | None
    mae: float | None
    r2: float | None
    test_rows: int


class BinaryConfusion(TypedDict):
    """Rows by label and prediction: true and false positives, false and true negatives."""

    tp: int
    fp: int
    fn: int
    tn: int


class RankingPoint(TypedDict):
    """A point of the ROC and of the precision-recall curve, and its least probability."""

    false_positive_rate: float
    recall: float
    precision: float
    threshold: NotRequired[float]


class CalibrationBin(TypedDict):
    """The rows of an equal-width bin: mean probability, and share of positives."""

    bin: int
    rows: int
    probability: float
    positive: float


class BinaryCurves(TypedDict):
    """The ranking from the highest score down, and the calibration by bins of probability."""

    ranking: list[RankingPoint]
    calibration: list[CalibrationBin]


class BinaryFigures(CommonMetrics, Details):
    """`majority_share` is the share of the rows that have the more frequent label."""

    problem: Literal["binary"]
    majority_share: NotRequired[float]
    confusion: BinaryConfusion
    curves: BinaryCurves


class ClassConfusion(TypedDict):
    """A row of counts for each of `labels` as the label, a column for each as the prediction."""

    labels: list[str]
    rows: list[list[int]]


class MulticlassFigures(CommonMetrics, Details):
    """`majority_share` is the share of the rows that have the most frequent label."""

    problem: Literal["multiclass"]
    majority_share: NotRequired[float]
    confusion: ClassConfusion


class FitBin(TypedDict):
    """Rows of similar predictions: the mean prediction, and the mean label."""

    bin: int
    rows: int
    predicted: float
    label: float


# the functional form, because `from` is a keyword
ErrorBin = TypedDict("ErrorBin", {"from": float, "rows": int})
ErrorBin.__doc__ = "A bin of the histogram of label minus prediction, and where it begins."


class RegressionCurves(TypedDict):
    """Means by bins of prediction, and a histogram of the errors, open at both ends."""

    fit: list[FitBin]
    errors: list[ErrorBin]


class RegressionFigures(CommonMetrics, Details):
    """The figures of a regression."""

    problem: Literal["regression"]
    curves: RegressionCurves


MetricsFigures = BinaryFigures | MulticlassFigures | RegressionFigures


class RoleFigures(TypedDict):
    """The mean loss of one of two models, and its scores; null where they are not finite."""

    loss: float | None
    log_loss: NotRequired[float | None]
    accuracy: NotRequired[float | None]
    rmse: NotRequired[float | None]
    mae: NotRequired[float | None]
    r2: NotRequired[float | None]


class ModelsByRole(TypedDict):
    """The two models of a comparison."""

    challenger: RoleFigures
    champion: RoleFigures


class ComparisonFigures(TypedDict):
    """The figures of `champion_model`.

    `improvement` is how much lower the challenger's mean loss is; `resampled` are quantiles of
    it, of `groups` of rows that were resampled. Both are null where a loss is not finite.
    """

    problem: Problem
    models: ModelsByRole
    improvement: float | None
    resampled: list[float] | None
    groups: int
    test_rows: int
