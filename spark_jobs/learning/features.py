"""Featurizers: from the columns of the contract to one vector, as stages of a Pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.ml import Transformer
from pyspark.ml.feature import (
    Imputer,
    MinMaxScaler,
    OneHotEncoder,
    SQLTransformer,
    StandardScaler,
    StringIndexer,
    VectorAssembler,
)

from spark_jobs.learning import texts
from spark_jobs.learning.texts import WITHOUT_TAGS, Stage

FEATURES = "features"


@dataclass(frozen=True)
class Featurizer:
    """Unfitted stages: `by_row` need no fit, `fitted` end in the vector column `features`.

    `between` are the columns that lead from the first to the second; with `costly`, the first
    take so long that what they make had better be kept.
    """

    by_row: list[Transformer]
    fitted: list[Stage]
    between: list[str]
    costly: bool


def featurizer(kinds: Mapping[str, str], settings: Mapping[str, Any]) -> Featurizer:
    """The stages for these columns.

    Args:
        kinds: `numeric`, `categorical` or `text` by name of the column.
        settings: one of the contract's featurizers: `text` (hashing_tf, tf_idf, word2vec),
            `numeric` (standard, minmax), `dimensions` (length of a text's vector), `min_ngram` and
            `max_ngram` (words in a term), `binary` (presence instead of counts), `stop_words`
            (none, or a language).

    The first stage gives each column a plain name (`__numeric_0`), so the fitted pipeline takes
    the rows of `processed_dataset` as they are, whatever their columns are called.
    """
    plain: dict[str, dict[str, str]] = {"numeric": {}, "categorical": {}, "text": {}}
    renamed: list[str] = []
    for name, kind in sorted(kinds.items()):
        alias = f"__{kind}_{len(plain[kind])}"
        plain[kind][alias] = name
        column = "`" + name.replace("`", "``") + "`"
        renamed.append(f"{WITHOUT_TAGS.format(column) if kind == 'text' else column} AS {alias}")
    by_row: list[Transformer] = [
        SQLTransformer(statement=f"SELECT *, {', '.join(renamed)} FROM __THIS__")
    ]
    fitted: list[Stage] = []
    outputs: list[str] = []
    between = [*plain["numeric"], *plain["categorical"]]
    if plain["numeric"]:
        fitted += _numeric([*plain["numeric"]], "__numbers_scaled", settings["numeric"])
        outputs.append("__numbers_scaled")
    if plain["categorical"]:
        fitted += _categorical([*plain["categorical"]], "__categories")
        outputs.append("__categories")
    for alias, name in plain["text"].items():
        stages, prepared = texts.by_row(alias, settings)
        by_row += stages
        between.append(prepared)
        fitted += texts.fitted(prepared, f"{alias}_weighted", settings, name)
        outputs.append(f"{alias}_weighted")
    return Featurizer(by_row, [*fitted, *_assemble(outputs)], between, bool(plain["text"]))


def _numeric(columns: list[str], output: str, scale: str) -> list[Stage]:
    filled = [f"{column}_filled" for column in columns]
    return [
        Imputer(inputCols=columns, outputCols=filled, strategy="mean"),
        VectorAssembler(inputCols=filled, outputCol="__numbers"),
        MinMaxScaler(inputCol="__numbers", outputCol=output)
        if scale == "minmax"
        else StandardScaler(inputCol="__numbers", outputCol=output, withMean=True, withStd=True),
    ]


def _categorical(columns: list[str], output: str) -> list[Stage]:
    indexed = [f"{column}_index" for column in columns]
    encoded = [f"{column}_onehot" for column in columns]
    return [
        # "keep": values that are missing or were never seen have an index of their own
        StringIndexer(inputCols=columns, outputCols=indexed, handleInvalid="keep"),
        OneHotEncoder(inputCols=indexed, outputCols=encoded, dropLast=False),
        VectorAssembler(inputCols=encoded, outputCol=output),
    ]


def _assemble(outputs: list[str]) -> list[Stage]:
    """One vector `features`, with no description of its elements.

    VectorAssembler describes each of them, all of Spark's tasks would carry that along, and for
    a quarter of a million hashed terms they spend most of their time on it.
    """
    if len(outputs) > 1:
        together = [VectorAssembler(inputCols=outputs, outputCol="__assembled")]
        outputs = ["__assembled"]
    else:
        together = []
    # the result of a function has no metadata, a renamed column would keep its own
    return [
        *together,
        SQLTransformer(statement=f"SELECT *, coalesce({outputs[0]}) AS {FEATURES} FROM __THIS__"),
    ]
