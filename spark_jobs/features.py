"""Featurizers: from the columns of the contract to one vector, as stages of a Pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.ml import Transformer
from pyspark.ml.base import Estimator
from pyspark.ml.feature import (
    IDF,
    HashingTF,
    Imputer,
    NGram,
    Normalizer,
    OneHotEncoder,
    RegexTokenizer,
    SQLTransformer,
    StandardScaler,
    StringIndexer,
    VectorAssembler,
)

FEATURES = "features"
WORD = r"[\p{L}\p{N}]+(?:'\p{L}+)*|[!?]"

# A tag has nothing but its name and attributes with values between its brackets, so that
# "a < b and c > d" is text. \x22 and \x27 are the quotes, which an SQL literal could not hold.
TAG = (
    r"<!--(?s:.*?)-->"
    r"|</?[A-Za-z][A-Za-z0-9:-]*"
    r"(?:\s+[A-Za-z:_-]+\s*=\s*(?:\x22[^\x22]*\x22|\x27[^\x27]*\x27|[^\s\x22\x27<>=]+))*\s*/?>"
)

WITHOUT_TAGS = "regexp_replace(coalesce({}, ''), r'" + TAG.replace("{", "{{") + "', ' ')"

Stage = Transformer | Estimator[Any]


@dataclass(frozen=True)
class Featurizer:
    """Unfitted stages: `by_row` need no fit, `fitted` end in the vector column `features`."""

    by_row: list[Transformer]
    fitted: list[Stage]
    between: list[str]


def featurizer(kinds: Mapping[str, str], params: Mapping[str, Any]) -> Featurizer:
    """The stages for these columns, and the columns that lead from the first to the second part.

    Args:
        kinds: `numeric`, `categorical` or `text` by name of the column.
        params: `text_features` (length of the hashed vector), `max_ngram` (words in a term at
            most), `binary_terms` (presence instead of counts), `inverse_document_frequency`.

    The first stage gives each column a plain name (`__numeric_0`), so the fitted pipeline takes
    the rows of `processed_dataset` as they are, whatever their columns are called.
    """
    plain: dict[str, list[str]] = {"numeric": [], "categorical": [], "text": []}
    renamed: list[str] = []
    for name, kind in sorted(kinds.items()):
        alias = f"__{kind}_{len(plain[kind])}"
        plain[kind].append(alias)
        column = "`" + name.replace("`", "``") + "`"
        renamed.append(f"{WITHOUT_TAGS.format(column) if kind == 'text' else column} AS {alias}")
    by_row: list[Transformer] = [
        SQLTransformer(statement=f"SELECT *, {', '.join(renamed)} FROM __THIS__")
    ]
    fitted: list[Stage] = []
    outputs: list[str] = []
    if numeric := plain["numeric"]:
        fitted += _numeric(numeric, "__numbers_scaled")
        outputs.append("__numbers_scaled")
    if categorical := plain["categorical"]:
        fitted += _categorical(categorical, "__categories")
        outputs.append("__categories")
    for alias in plain["text"]:
        by_row += _terms(alias, f"{alias}_hashed", params)
        fitted += _weights(f"{alias}_hashed", f"{alias}_weighted", params)
        outputs.append(f"{alias}_weighted")
    hashed = [f"{alias}_hashed" for alias in plain["text"]]
    return Featurizer(by_row, [*fitted, *_assemble(outputs)], [*numeric, *categorical, *hashed])


def _numeric(columns: list[str], output: str) -> list[Stage]:
    filled = [f"{column}_filled" for column in columns]
    return [
        Imputer(inputCols=columns, outputCols=filled, strategy="mean"),
        VectorAssembler(inputCols=filled, outputCol="__numbers"),
        StandardScaler(inputCol="__numbers", outputCol=output, withMean=True, withStd=True),
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


def _terms(column: str, output: str, params: Mapping[str, Any]) -> list[Transformer]:
    words, terms = f"{column}_words", f"{column}_terms"
    lengths = range(2, params["max_ngram"] + 1)
    grams = [f"{column}_{length}grams" for length in lengths]
    return [
        RegexTokenizer(inputCol=column, outputCol=words, pattern=WORD, gaps=False),
        *(
            NGram(n=length, inputCol=words, outputCol=name)
            for length, name in zip(lengths, grams, strict=True)
        ),
        SQLTransformer(
            statement=f"SELECT *, concat({', '.join([words, *grams])}) AS {terms} FROM __THIS__"
        ),
        HashingTF(
            inputCol=terms,
            outputCol=output,
            numFeatures=params["text_features"],
            binary=params["binary_terms"],
        ),
    ]


def _weights(hashed: str, output: str, params: Mapping[str, Any]) -> list[Stage]:
    if not params["inverse_document_frequency"]:
        return [Normalizer(inputCol=hashed, outputCol=output, p=2.0)]
    weighted = f"{hashed}_idf"
    return [
        # a term that the training side never had has no coefficient, so it gets no weight
        IDF(inputCol=hashed, outputCol=weighted, minDocFreq=1),
        Normalizer(inputCol=weighted, outputCol=output, p=2.0),
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
