"""Models that were fitted in the driver, as the stages that Spark's MLlib has for them."""

from typing import Any
from uuid import uuid4

from pyspark.ml import Transformer
from pyspark.ml.classification import GBTClassificationModel, LogisticRegressionModel
from pyspark.ml.common import _py2java  # pyright: ignore[reportPrivateUsage] - no public way
from pyspark.ml.feature import Normalizer, SQLTransformer, VectorAssembler
from pyspark.ml.linalg import DenseMatrix, DenseVector
from pyspark.ml.regression import GBTRegressionModel, LinearRegressionModel
from pyspark.sql import SparkSession

from spark_jobs.contract import BINARY, MULTICLASS, REGRESSION, Problem
from spark_jobs.learning.boosted_trees import LEAF, BoostedTrees, Tree
from spark_jobs.learning.class_weights import PROBABILITY
from spark_jobs.learning.features import FEATURES
from spark_jobs.learning.label_encoding import ESTIMATED, RAW_PREDICTION
from spark_jobs.learning.linear_fit import LinearModel

_MARGINS, _ODDS = "__margins", "__odds"


def linear_stages(
    spark: SparkSession, model: LinearModel, problem: Problem, threshold: float
) -> list[Transformer]:
    """Return the stage that predicts like a linear model.

    Args:
        spark: the session that it is made in.
        model: to convert.
        problem: that it solves.
        threshold: the probability above which a binary label is predicted to be positive.
    """
    jvm, context = _jvm(spark), spark.sparkContext
    if problem == REGRESSION:
        java = jvm.org.apache.spark.ml.regression.LinearRegressionModel(
            _uid("linReg"),
            _py2java(context, DenseVector(model.coefficients[0])),
            float(model.intercepts[0]),
        )
        regression = LinearRegressionModel(java).setFeaturesCol(FEATURES)
        return [regression.setPredictionCol(ESTIMATED)]
    rows, columns = model.coefficients.shape
    java = jvm.org.apache.spark.ml.classification.LogisticRegressionModel(
        _uid("logreg"),
        _py2java(context, DenseMatrix(rows, columns, model.coefficients.ravel(), True)),
        _py2java(context, DenseVector(model.intercepts)),
        max(rows, 2),
        problem == MULTICLASS,
    )
    logistic = LogisticRegressionModel(java).setFeaturesCol(FEATURES).setPredictionCol(ESTIMATED)
    logistic.setProbabilityCol(PROBABILITY).setRawPredictionCol(RAW_PREDICTION)
    if problem == BINARY:
        logistic.set(logistic.threshold, threshold)
    return [logistic]


def tree_stages(
    spark: SparkSession, model: BoostedTrees, size: int, problem: Problem, threshold: float
) -> list[Transformer]:
    """Return the stages that predict like boosted trees on vectors of that size.

    MLlib's own classifier has two classes. Several classes have a regression for each margin, whose
    exponentials are scaled to a sum of 1. For the other parameters, see `linear_stages`.
    """
    trees = _JavaTrees(spark, size)
    if problem == BINARY:
        # the probability of MLlib's classifier has twice the sum of the trees as its margin
        java = trees.ensemble(
            _jvm(spark).org.apache.spark.ml.classification.GBTClassificationModel,
            model.adjusted(0.5, 0.0),
            0,
            2,
        )
        boosted = _BoostedClassifier(java).setFeaturesCol(FEATURES).setPredictionCol(ESTIMATED)
        boosted.setProbabilityCol(PROBABILITY).setRawPredictionCol(RAW_PREDICTION)
        return [boosted.setThresholds([1 - threshold, threshold])]
    names = (
        [ESTIMATED]
        if problem == REGRESSION
        else [f"{_MARGINS}_{output}" for output in range(len(model.trees))]
    )
    kind = _jvm(spark).org.apache.spark.ml.regression.GBTRegressionModel
    stages: list[Transformer] = [
        _BoostedRegression(trees.ensemble(kind, model, output))
        .setFeaturesCol(FEATURES)
        .setPredictionCol(name)
        for output, name in enumerate(names)
    ]
    return stages if problem == REGRESSION else [*stages, *_softmax_stages(names)]


def _softmax_stages(margins: list[str]) -> list[Transformer]:
    """Return the stages from margins to the class of the largest one, and to probabilities."""
    largest = f"array_max(array({', '.join(margins)}))"
    odds = [f"{_ODDS}_{number}" for number in range(len(margins))]
    exponentials = ", ".join(
        f"exp({margin} - {largest}) AS {name}" for margin, name in zip(margins, odds, strict=True)
    )
    position = f"array_position(array({', '.join(margins)}), {largest})"
    estimated = f"CAST({position} - 1 AS DOUBLE) AS {ESTIMATED}"
    return [
        SQLTransformer(statement=f"SELECT *, {exponentials}, {estimated} FROM __THIS__"),
        VectorAssembler(inputCols=odds, outputCol=_ODDS),
        Normalizer(p=1.0, inputCol=_ODDS, outputCol=PROBABILITY),
    ]


class _BoostedClassifier(GBTClassificationModel):
    # PySpark looks for parameters in all attributes but properties, and so makes an object of each
    # tree, which asks Java hundreds of questions
    trees = property()  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride] - see above


class _BoostedRegression(GBTRegressionModel):
    trees = property()  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride] - as above


class _JavaTrees:
    """Makes MLlib's trees in Java."""

    def __init__(self, spark: SparkSession, size: int) -> None:
        jvm = _jvm(spark)
        context = spark.sparkContext
        self._gateway: Any = context._gateway  # pyright: ignore[reportPrivateUsage] - no public way
        self._double = jvm.double
        self._model = jvm.org.apache.spark.ml.regression.DecisionTreeRegressionModel
        tree = jvm.org.apache.spark.ml.tree
        # looked up once: Py4J asks Java for each part of a class's name
        self._leaf, self._inner, self._split = (
            tree.LeafNode,
            tree.InternalNode,
            tree.ContinuousSplit,
        )
        calculator = jvm.org.apache.spark.mllib.tree.impurity.VarianceCalculator
        # the nodes' statistics of the training rows, which no prediction needs
        self._statistics = calculator(self._array(self._double, [0.0, 0.0, 0.0]), 0)
        self._size = size

    def ensemble(self, kind: Any, model: BoostedTrees, output: int, *more: int) -> Any:
        constant = self._model(
            _uid("dtr"), self._as_leaf(float(model.constants[output])), self._size
        )
        trees = [constant, *(self._tree(tree) for tree in model.trees[output])]
        weights = self._array(self._double, [1.0] * len(trees))
        return kind(_uid("gbt"), self._array(self._model, trees), weights, self._size, *more)

    def _tree(self, tree: Tree) -> Any:
        nodes: dict[int, Any] = {}
        for node in reversed(range(len(tree.feature))):  # children come after their parent
            feature = int(tree.feature[node])
            if feature == LEAF:
                nodes[node] = self._as_leaf(float(tree.value[node]))
                continue
            left, right = nodes.pop(int(tree.left[node])), nodes.pop(int(tree.right[node]))
            split = self._split(feature, float(tree.threshold[node]))
            gain = float(tree.gain[node])
            nodes[node] = self._inner(0.0, 0.0, gain, left, right, split, self._statistics)
        return self._model(_uid("dtr"), nodes[0], self._size)

    def _as_leaf(self, value: float) -> Any:
        return self._leaf(value, 0.0, self._statistics)

    def _array(self, kind: Any, values: list[Any]) -> Any:
        array = self._gateway.new_array(kind, len(values))
        for index, value in enumerate(values):
            array[index] = value
        return array


def _uid(name: str) -> str:
    return f"{name}_{uuid4().hex[:12]}"


def _jvm(spark: SparkSession) -> Any:
    return spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way
