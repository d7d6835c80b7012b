"""Featurizers: from the columns of the contract to one vector, as stages of a Pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.ml import Transformer
from pyspark.ml.feature import (
    FeatureHasher,
    Imputer,
    MinMaxScaler,
    OneHotEncoder,
    SQLTransformer,
    StandardScaler,
    StringIndexer,
    VectorAssembler,
)

from spark_jobs.contract import ColumnRules, Kind
from spark_jobs.learning.datetimes import part_expressions
from spark_jobs.learning.params import FeaturizerSettings
from spark_jobs.learning.texts import PLAIN_TEXT, Stage, text_fit_stages, text_row_stages

FEATURES = "__features"


@dataclass(frozen=True)
class Featurizer:
    """Unfitted stages: `row_stages` need no fit, `fit_stages` end in the vector `features`.

    `prepared` are the columns that the row stages pass to the fit stages. If `expensive`, the row
    stages take so long that their output should be kept.
    """

    row_stages: list[Transformer]
    fit_stages: list[Stage]
    prepared: list[str]
    expensive: bool

    @property
    def row_key(self) -> str:
        """The same for featurizers whose row stages do the same.

        Only what is set counts: each stage makes up a default for its output from a random name.
        """
        return repr([(type(stage).__name__, _given(stage)) for stage in self.row_stages])


def _given(stage: Transformer) -> dict[str, Any]:
    return {param.name: stage.getOrDefault(param) for param in stage.params if stage.isSet(param)}


def make_featurizer(rules: Mapping[str, ColumnRules], settings: FeaturizerSettings) -> Featurizer:
    """Return the stages for these columns.

    The first stage gives each column a plain name (`__numeric_0`), so the fitted pipeline takes
    the rows of `processed_dataset` unchanged, whatever their columns are called.
    """
    columns: dict[Kind, dict[str, str]] = {"numeric": {}, "categorical": {}, "text": {}}
    renamed: list[str] = []
    for name in sorted(rules):
        kind = rules[name]["kind"]
        if kind == "datetime":
            continue
        alias = f"__{kind}_{len(columns[kind])}"
        columns[kind][alias] = name
        column = _quoted(name)
        renamed.append(f"{PLAIN_TEXT.format(column) if kind == 'text' else column} AS {alias}")
    for name in sorted(name for name in rules if rules[name]["kind"] == "datetime"):
        for expression in part_expressions(_quoted(name), rules[name]["parts"]):
            alias = f"__numeric_{len(columns['numeric'])}"
            columns["numeric"][alias] = name
            renamed.append(f"{expression} AS {alias}")
    row_stages: list[Transformer] = [
        SQLTransformer(statement=f"SELECT *, {', '.join(renamed)} FROM __THIS__")
    ]
    fit_stages: list[Stage] = []
    outputs: list[str] = []
    prepared = [*columns["numeric"], *columns["categorical"]]
    if columns["numeric"]:
        fit_stages += _numeric_stages(
            [*columns["numeric"]], "__numbers_scaled", settings["numeric"]
        )
        outputs.append("__numbers_scaled")
    buckets = {alias: rules[name]["hashed"] for alias, name in columns["categorical"].items()}
    if encoded := [alias for alias, count in buckets.items() if not count]:
        fit_stages += _categorical_stages(encoded, [_vector(alias) for alias in encoded])
    fit_stages += [
        FeatureHasher(inputCols=[alias], outputCol=_vector(alias), numFeatures=count)
        for alias, count in buckets.items()
        if count
    ]
    outputs += map(_vector, buckets)
    for alias, name in columns["text"].items():
        stages, text = text_row_stages(alias, settings)
        row_stages += stages
        prepared.append(text)
        fit_stages += text_fit_stages(text, f"{alias}_weighted", settings, name)
        outputs.append(f"{alias}_weighted")
    fit_stages += _assembly_stages(outputs)
    return Featurizer(row_stages, fit_stages, prepared, bool(columns["text"]))


def _vector(alias: str) -> str:
    return f"{alias}_vector"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _numeric_stages(columns: list[str], output: str, scaling: str) -> list[Stage]:
    filled = [f"{column}_filled" for column in columns]
    return [
        Imputer(inputCols=columns, outputCols=filled, strategy="mean"),
        VectorAssembler(inputCols=filled, outputCol="__numbers"),
        MinMaxScaler(inputCol="__numbers", outputCol=output)
        if scaling == "minmax"
        else StandardScaler(inputCol="__numbers", outputCol=output, withMean=True, withStd=True),
    ]


def _categorical_stages(columns: list[str], outputs: list[str]) -> list[Stage]:
    indexed = [f"{column}_index" for column in columns]
    return [
        # "keep": missing and unknown values share an index of their own
        StringIndexer(inputCols=columns, outputCols=indexed, handleInvalid="keep"),
        OneHotEncoder(inputCols=indexed, outputCols=outputs, dropLast=False),
    ]


def _assembly_stages(outputs: list[str]) -> list[Stage]:
    """Return the stages to one vector without metadata about its elements.

    VectorAssembler describes each element, and all tasks carry the description. For a quarter of
    a million hashed terms they would spend most of their time on it.
    """
    assemble = []
    vector = outputs[0]
    if len(outputs) > 1:
        assemble = [VectorAssembler(inputCols=outputs, outputCol="__assembled")]
        vector = "__assembled"
    # the result of a function has no metadata, but a renamed column would keep its own
    return [
        *assemble,
        SQLTransformer(statement=f"SELECT *, coalesce({vector}) AS {FEATURES} FROM __THIS__"),
    ]
