"""Stages as MLlib saves them, made up without Spark."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from emr_ml.contract.loading import parse_contract
from emr_ml.export.model_file import translated
from emr_ml.export.saved_model import SavedStage
from emr_ml_tests.spark_jobs.bench import CLEANED_BY
from spark_jobs.contract import DatasetContract
from spark_jobs.scorer.scoring import Scorer

CONTRACT = """\
columns:
  height: {kind: numeric, min: 0}
  colour: categorical
  note: text
label: {column: kind, positive: "yes", negative: ["no"]}
"""
WORD = r"[\p{L}\p{N}]+"
HEIGHT, RED, OTHER_COLOUR, TERM = 2.0, 0.5, -0.25, 1.5
INTERCEPT = 0.125
TERMS = 8


def stage(name: str, rows: Sequence[Mapping[str, Any]] = (), **params: Any) -> SavedStage:
    return SavedStage(name, {"paramMap": params}, {"data": [parquet(rows)]} if rows else {})


def parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([*rows]), file)
    return file.getvalue()


def a_forest() -> list[SavedStage]:
    """Two trees that split by height at 3 and at 5; heights are not scaled."""
    nodes = [*_nodes(0, 3.0, 10.0, 4.0, 20.0), *_nodes(1, 5.0, 12.0, 8.0, 30.0)]
    weights = [{"_1": number, "_2": "", "_3": 1.0} for number in range(2)]
    names = {"featuresCol": "__features", "predictionCol": "__predicted"}
    tables = {"data": [parquet(nodes)], "treesMetadata": [parquet(weights)]}
    decode = "__predicted * CAST('2.0' AS DOUBLE) + CAST('1.0' AS DOUBLE)"
    return [
        stage("SQLTransformer", statement="SELECT *, `height` AS __n FROM __THIS__"),
        stage("ImputerModel", [{"__n": 3.0}], inputCols=["__n"], outputCols=["__f"]),
        stage("VectorAssembler", inputCols=["__f"], outputCol="__features"),
        SavedStage("RandomForestRegressionModel", {"paramMap": names, "numTrees": 2}, tables),
        stage("SQLTransformer", statement=f"SELECT *, {decode} AS __prediction FROM __THIS__"),
    ]


def _nodes(tree: int, at: float, root: float, below: float, above: float) -> list[dict[str, Any]]:
    def node(number: int, value: float, children: tuple[int, int], feature: int) -> dict[str, Any]:
        thresholds = [at] if feature >= 0 else []
        split = {"featureIndex": feature, "leftCategoriesOrThreshold": thresholds}
        left, right = children
        return {
            "id": number,
            "prediction": value,
            "leftChild": left,
            "rightChild": right,
            "split": {**split, "numCategories": -1},
        }

    nodes = [node(0, root, (1, 2), 0), node(1, below, (-1, -1), -1), node(2, above, (-1, -1), -1)]
    return [{"treeID": tree, "nodeData": each} for each in nodes]


def dense(*values: float) -> dict[str, Any]:
    return {"type": 1, "size": None, "indices": None, "values": [*values]}


def a_pipeline() -> list[SavedStage]:
    """A scaled number, a category of two, and a text of hashed words: a logistic regression."""
    names = (
        "`height` AS __n, `colour` AS __c, regexp_replace(coalesce(`note`, ''), r'<[^>]*>', ' ')"
    )
    weights = [HEIGHT, RED, OTHER_COLOUR, *[TERM] * TERMS]
    matrix = {
        "type": 1,
        "numRows": 1,
        "numCols": len(weights),
        "colPtrs": None,
        "rowIndices": None,
        "values": weights,
        "isTransposed": True,
    }
    model = {
        "numClasses": 2,
        "interceptVector": dense(INTERCEPT),
        "coefficientMatrix": matrix,
        "isMultinomial": False,
    }
    return [
        stage("SQLTransformer", statement=f"SELECT *, {names} AS __t FROM __THIS__"),
        stage("RegexTokenizer", inputCol="__t", outputCol="__w", pattern=WORD, gaps=False,
              minTokenLength=1, toLowercase=True),
        stage("HashingTF", inputCol="__w", outputCol="__h", numFeatures=TERMS, binary=False),
        stage("ImputerModel", [{"__n": 3.0}], inputCols=["__n"], outputCols=["__f"]),
        stage("VectorAssembler", inputCols=["__f"], outputCol="__v"),
        stage("StandardScalerModel", [{"std": dense(2.0), "mean": dense(3.0)}], inputCol="__v",
              outputCol="__s", withMean=True, withStd=True),
        stage("StringIndexerModel", [{"labelsArray": [["red"]]}], inputCols=["__c"],
              outputCols=["__i"], handleInvalid="keep"),
        stage("OneHotEncoderModel", inputCols=["__i"], outputCols=["__o"], dropLast=False),
        stage("Normalizer", inputCol="__h", outputCol="__u", p=2.0),
        stage("VectorAssembler", inputCols=["__s", "__o", "__u"], outputCol="__features"),
        stage("LogisticRegressionModel", [model], featuresCol="__features", threshold=0.5,
              rawPredictionCol="__raw", predictionCol="__predicted",
              probabilityCol="__probability"),
        stage("SQLTransformer", statement="SELECT *, __predicted AS __prediction FROM __THIS__"),
    ]  # fmt: skip


def exported(stages: Sequence[SavedStage], contract: str = CONTRACT) -> dict[str, Any]:
    fields = parse_contract(contract, "made up").pick(*CLEANED_BY)
    return translated(stages, cast("DatasetContract", fields))


def a_scorer(contract: str = CONTRACT) -> Scorer:
    return Scorer(exported(a_pipeline(), contract))
