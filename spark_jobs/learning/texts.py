"""Stages from texts to vectors: hashed terms, or the mean of learned word vectors."""

from typing import Any

from pyspark.errors import IllegalArgumentException
from pyspark.ml import Transformer
from pyspark.ml.base import Estimator
from pyspark.ml.feature import (
    IDF,
    HashingTF,
    MinMaxScaler,
    NGram,
    Normalizer,
    RegexTokenizer,
    SQLTransformer,
    StopWordsRemover,
    Word2Vec,
    Word2VecModel,
)
from pyspark.sql import DataFrame

from spark_jobs.columns import ROW_ID
from spark_jobs.learning.params import SEED, FeaturizerSettings
from spark_jobs.runtime.job import JobError

WORD = r"[\p{L}\p{N}]+(?:'\p{L}+)*|[!?]"

# A tag has only its name and attributes with values between its brackets, so "a < b and c > d" is
# text. \x22 and \x27 are the quotes, which an SQL literal can't contain.
TAG = (
    r"<!--(?s:.*?)-->"
    r"|</?[A-Za-z][A-Za-z0-9:-]*"
    r"(?:\s+[A-Za-z:_-]+\s*=\s*(?:\x22[^\x22]*\x22|\x27[^\x27]*\x27|[^\s\x22\x27<>=]+))*\s*/?>"
)
WITHOUT_TAGS = "regexp_replace(coalesce({}, ''), r'" + TAG.replace("{", "{{") + "', ' ')"
# A capital sigma in lower case is one of two letters. Beside punctuation, Java and Python disagree
# on which, so all three are the same letter in a term.
SIGMA, LOWER_SIGMA = r"[\u03a3\u03c2]", "\u03c3"
PLAIN_TEXT = f"regexp_replace({WITHOUT_TAGS}, r'{SIGMA}', '{LOWER_SIGMA}')"

MIN_COUNT = 5  # a word with fewer occurrences in what is learned from has no vector

Stage = Transformer | Estimator[Any]


def text_row_stages(column: str, settings: FeaturizerSettings) -> tuple[list[Transformer], str]:
    """Return the stages that need no fit, and the column in which they end."""
    words = f"{column}_words"
    stages: list[Transformer] = [
        RegexTokenizer(inputCol=column, outputCol=words, pattern=WORD, gaps=False)
    ]
    if settings["stop_words"] != "none":
        all_words, words = words, f"{column}_chosen"
        stop_words = StopWordsRemover.loadDefaultStopWords(settings["stop_words"])
        stages.append(
            # the words are already lower case, and any other comparison needs a locale
            StopWordsRemover(
                inputCol=all_words, outputCol=words, stopWords=stop_words, caseSensitive=True
            )
        )
    if settings["text"] == "word2vec":
        return stages, words
    return [*stages, *_hashing_stages(column, words, settings)], f"{column}_hashed"


def text_fit_stages(
    prepared: str, output: str, settings: FeaturizerSettings, name: str
) -> list[Stage]:
    """Return the stages from the output of the row stages to the vector; errors mention `name`."""
    match settings["text"]:
        case "word2vec":
            vector = f"{prepared}_vector"
            return [
                OrderedWord2Vec(name).setParams(
                    inputCol=prepared,
                    outputCol=vector,
                    vectorSize=settings["dimensions"],
                    minCount=MIN_COUNT,
                    seed=SEED,
                ),
                MinMaxScaler(inputCol=vector, outputCol=output),
            ]
        case "tf_idf":
            weighted = f"{prepared}_idf"
            return [
                # a term that nothing was learned of has no coefficient, so it gets no weight
                IDF(inputCol=prepared, outputCol=weighted, minDocFreq=1),
                Normalizer(inputCol=weighted, outputCol=output, p=2.0),
            ]
        case "hashing_tf":
            return [Normalizer(inputCol=prepared, outputCol=output, p=2.0)]


def _hashing_stages(column: str, words: str, settings: FeaturizerSettings) -> list[Transformer]:
    ngrams = {
        length: f"{column}_{length}grams" if length > 1 else words
        for length in range(settings["min_ngram"], settings["max_ngram"] + 1)
    }
    terms = f"{column}_terms"
    return [
        *(
            NGram(n=length, inputCol=words, outputCol=name)
            for length, name in ngrams.items()
            if length > 1
        ),
        SQLTransformer(
            statement=f"SELECT *, concat({', '.join(ngrams.values())}) AS {terms} FROM __THIS__"
        ),
        HashingTF(
            inputCol=terms,
            outputCol=f"{column}_hashed",
            numFeatures=settings["dimensions"],
            binary=settings["binary"],
        ),
    ]


class OrderedWord2Vec(Word2Vec):
    """Word2Vec that learns the same from the same rows, and names the column in errors.

    What it learns depends on the order and the partitions of the texts. Therefore they are sorted
    by row id, in one partition.
    """

    def __init__(self, column: str) -> None:
        super().__init__()
        self._column = column

    def _fit(self, dataset: DataFrame) -> Word2VecModel:
        texts = dataset.select(ROW_ID, self.getInputCol())
        try:
            return super()._fit(texts.repartition(1).sortWithinPartitions(ROW_ID))
        except IllegalArgumentException as error:
            if "vocabulary size" not in str(error):
                raise
            raise JobError(
                f"no word of '{self._column}' occurs {MIN_COUNT} times in the rows to learn from, "
                "so word2vec has nothing to learn from: choose `tf_idf` or `hashing_tf` as `text` "
                "of the featurizer, or provide more rows"
            ) from error
