"""Weights of classes in a fit, and the stages that keep probabilities calibrated nonetheless.

A class's weight multiplies its odds. So each probability is divided by the class's weight, and all
are scaled to a sum of 1 (Elkan, 2001, theorem 2). For a logistic regression, this is the same as
subtracting the weight's logarithm from the intercept: the prior correction of King and Zeng (2001).
"""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from pyspark.ml import Transformer
from pyspark.ml.classification import GBTClassifier, LogisticRegression, RandomForestClassifier
from pyspark.ml.feature import ElementwiseProduct, Normalizer
from pyspark.ml.linalg import Vectors
from pyspark.sql import Column
from pyspark.sql import functions as F

from spark_jobs.columns import LABEL
from spark_jobs.learning.params import ClassWeight
from spark_jobs.runtime.job import JobError

PROBABILITY = "__probability"
FIT_WEIGHT, WEIGHTED_PROBABILITY = "__fit_weight", "__weighted_probability"
_ODDS = "__odds"  # up to a factor

Classifier = TypeVar("Classifier", LogisticRegression, RandomForestClassifier, GBTClassifier)


def resolve_class_weights(
    requested: ClassWeight, counts: Mapping[str, int], known: Collection[str] = ()
) -> dict[str, float]:
    """Return the weight of each class in the order of `counts`, or nothing if none is requested.

    Args:
        requested: `balanced` gives all classes the same weight in total, that of the rows divided
            by the number of classes. A class that is not among requested weights weighs 1.
        counts: the rows of each class in the training split, at least one.
        known: other classes that may have a weight, although they can't be predicted.

    Raises:
        JobError: a weight is of a class that is neither in `counts` nor known.
    """
    match requested:
        case "none":
            return {}
        case "balanced":
            equal = sum(counts.values()) / len(counts)
            return {name: equal / count for name, count in counts.items()}
        case _:
            if unknown := sorted(requested.keys() - counts.keys() - set(known)):
                raise JobError(
                    f"`class_weight` names {', '.join(map(repr, unknown))}, but in the training "
                    f"split the classes of the label are {', '.join(map(repr, counts))}: correct "
                    "the names under `model` in the contract, or in the run config"
                )
            return {name: requested.get(name, 1.0) for name in counts}


def class_weight(weights: Mapping[str, float]) -> Column:
    """Return the weight of a row's class, 1 if classes have no weights."""
    if not weights:
        return F.lit(1.0)
    index = F.col(LABEL).cast("int")
    return F.get(F.array(*(F.lit(each) for each in weights.values())), index)


def calibrated(classifier: Classifier, weights: Mapping[str, float]) -> Classifier:
    """Return the classifier with an output for `calibration_stages`, if classes have weights."""
    if not weights:
        return classifier
    # of each class's probability, so that it predicts the class that is likeliest once calibrated
    thresholds = list(weights.values())
    return classifier.setProbabilityCol(WEIGHTED_PROBABILITY).setThresholds(thresholds)


def with_threshold(classifier: Any, weights: Mapping[str, float], threshold: float) -> Any:
    """Return a fitted binary classifier, which predicts 1 above that calibrated probability."""
    other, positive = weights.values() if weights else (1.0, 1.0)
    return classifier.setThresholds([other * (1 - threshold), positive * threshold])


def calibration_stages(weights: Mapping[str, float]) -> list[Transformer]:
    """Return the stages from a weighted classifier's output to probabilities, if it is weighted."""
    if not weights:
        return []
    inverse = Vectors.dense([1 / each for each in weights.values()])
    return [
        ElementwiseProduct(scalingVec=inverse, inputCol=WEIGHTED_PROBABILITY, outputCol=_ODDS),
        Normalizer(p=1.0, inputCol=_ODDS, outputCol=PROBABILITY),
    ]
