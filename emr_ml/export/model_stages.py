"""MLlib's estimators, and the stages from their output to a prediction."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emr_ml.export.saved_model import SavedStage, matrix, vector
from emr_ml.export.translation import Translate, Translation, sparse_if_shorter
from spark_jobs.runtime.job import JobError


def _logistic_regression(model: Translation, stage: SavedStage) -> None:
    data = stage.data
    weights, intercepts = matrix(data["coefficientMatrix"]), vector(data["interceptVector"])
    raw, probability = stage.param("rawPredictionCol"), stage.param("probabilityCol")
    _linear(model, stage, raw, weights, intercepts)
    model.add_step("softmax" if data["isMultinomial"] else "logistic", probability, [raw])
    model.explained[probability] = model.explained[raw]
    _predicted_class(model, stage, raw, probability)
    if not (model.thresholds or data["isMultinomial"]):
        threshold = stage.param("threshold")
        model.thresholds = [1 - threshold, threshold]


def _linear(
    model: Translation,
    stage: SavedStage,
    output: str,
    weights: Sequence[list[float]],
    intercepts: list[float],
) -> None:
    stored = [sparse_if_shorter(row) for row in weights]
    model.margins("linear", stage, output, len(stored), weights=stored, intercepts=intercepts)


def _predicted_class(model: Translation, stage: SavedStage, raw: str, probability: str) -> None:
    """Add the step to the number of the class, as `ProbabilisticClassificationModel` has it."""
    thresholds = model.thresholds = stage.param("thresholds")
    source = probability if thresholds else raw
    model.add_step("largest", stage.param("predictionCol"), [source], thresholds=thresholds)


def _linear_regression(model: Translation, stage: SavedStage) -> None:
    data, output = stage.data, stage.param("predictionCol")
    _linear(model, stage, output, [vector(data["coefficients"])], [data["intercept"]])


def _forest_classifier(model: Translation, stage: SavedStage) -> None:
    classes = stage.metadata["numClasses"]
    raw, probability = stage.param("rawPredictionCol"), stage.param("probabilityCol")
    trees = _trees(stage, lambda node: _shares(node["impurityStats"]))
    model.margins("trees", stage, raw, classes, **trees, divisor=1)
    model.factor = 1 / stage.metadata["numTrees"]
    model.add_step("normalize", probability, [raw])
    model.explained[probability] = model.explained[raw]
    _predicted_class(model, stage, raw, probability)


def _forest_regressor(model: Translation, stage: SavedStage) -> None:
    trees = _trees(stage, lambda node: [node["prediction"]])
    divisor = stage.metadata["numTrees"]
    model.margins("trees", stage, stage.param("predictionCol"), 1, **trees, divisor=divisor)


def _boosted_regressor(model: Translation, stage: SavedStage) -> None:
    trees = _trees(stage, lambda node: [node["prediction"]], weighted=True)
    model.margins("trees", stage, stage.param("predictionCol"), 1, **trees, divisor=1)


def _boosted_classifier(model: Translation, stage: SavedStage) -> None:
    raw, probability = stage.param("rawPredictionCol"), stage.param("probabilityCol")
    trees = _trees(stage, lambda node: [node["prediction"]], weighted=True)
    model.margins("trees", stage, f"{raw}_half", 1, **trees, divisor=1)
    # MLlib's log-odds are twice the sum of the trees
    model.add_step("affine", raw, [f"{raw}_half"], factor=2.0, add=0.0)
    model.add_step("logistic", probability, [raw])
    model.explained[probability] = model.explained[f"{raw}_half"]
    model.factor = 2.0
    _predicted_class(model, stage, probability, probability)


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [count / total for count in counts] if total else [0.0] * len(counts)


def _trees(
    stage: SavedStage,
    value_of: Callable[[Mapping[str, Any]], list[float]],
    *,
    weighted: bool = False,
) -> dict[str, Any]:
    """Return the trees of an ensemble: the nodes of each by their ids, the root first."""
    weights = {row["_1"]: row["_3"] for row in stage.rows("treesMetadata")}
    nodes: dict[int, list[Mapping[str, Any]]] = {number: [] for number in sorted(weights)}
    for row in stage.rows():
        nodes[row["treeID"]].append(row["nodeData"])
    trees = [_tree(sorted(each, key=lambda node: node["id"]), value_of) for each in nodes.values()]
    return {
        "trees": trees,
        "tree_weights": [weights[number] if weighted else 1.0 for number in nodes],
        "depth": max(_depth(tree) for tree in trees),
    }


def _tree(
    nodes: Sequence[Mapping[str, Any]], value_of: Callable[[Mapping[str, Any]], list[float]]
) -> dict[str, Any]:
    splits = [node["split"] for node in nodes]
    if any(split["numCategories"] != -1 for split in splits):
        raise JobError("a model with trees that split by categories can't be exported")
    return {
        "feature": [split["featureIndex"] for split in splits],
        "threshold": [(split["leftCategoriesOrThreshold"] or [0.0])[0] for split in splits],
        "left": [node["leftChild"] for node in nodes],
        "right": [node["rightChild"] for node in nodes],
        "value": [value_of(node) for node in nodes],
    }


def _depth(tree: Mapping[str, Any]) -> int:
    depths = [0] * len(tree["feature"])
    for number, children in enumerate(zip(tree["left"], tree["right"], strict=True)):
        for child in children:
            if child >= 0:  # children have greater ids
                depths[child] = depths[number] + 1
    return max(depths)


def _product(model: Translation, stage: SavedStage) -> None:
    name, output = stage.param("inputCol"), stage.param("outputCol")
    given = model.result(name)
    model.factors = vector(stage.param("scalingVec"))
    model.add_step("multiply", output, [given], by=model.factors)
    model.explained[output] = model.explained[given]


def _index_to_string(model: Translation, stage: SavedStage) -> None:
    model.columns[stage.param("outputCol")] = model.columns[stage.param("inputCol")]
    model.classes = stage.param("labels")


MODEL_STAGES: Mapping[str, Translate] = {
    "LogisticRegressionModel": _logistic_regression,
    "LinearRegressionModel": _linear_regression,
    "RandomForestClassificationModel": _forest_classifier,
    "RandomForestRegressionModel": _forest_regressor,
    "GBTRegressionModel": _boosted_regressor,
    "GBTClassificationModel": _boosted_classifier,
    "ElementwiseProduct": _product,
    "IndexToString": _index_to_string,
}
