"""The pipeline that this project succeeds, as it was described, in one local Spark session.

No types are inferred. Texts are cleaned by regular expressions, and stop words are removed. Three
kinds of features, each with 250 dimensions, are fitted on all rows and written as Parquet by label.
For each kind, a logistic regression is trained on 70% of the rows, with a 2-fold cross-validation
over the number of iterations, and its accuracy is measured on the other 30%. Nothing is cached.
"""

import json
import sys
from pathlib import Path

from pyspark.ml.classification import LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator, MulticlassClassificationEvaluator
from pyspark.ml.feature import (
    IDF,
    HashingTF,
    MinMaxScaler,
    StopWordsRemover,
    StringIndexer,
    Tokenizer,
    Word2Vec,
)
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

DIMENSIONS = 250
TEXT, LABEL = "review", "sentiment"


def main(path: str, work: str, figures: str) -> None:
    """Write the accuracy for each kind of features as JSON."""
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "4g")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    rows = spark.read.csv(path, header=True, multiLine=True, escape='"')
    rows = clean(rows)
    accuracies: dict[str, float] = {}
    for name, featurized in featurize(rows).items():
        featurized.write.partitionBy("label").parquet(f"{work}/{name}")
        accuracies[name] = train_and_test(featurized)
    Path(figures).write_text(json.dumps(accuracies))
    spark.stop()


def clean(rows: DataFrame) -> DataFrame:
    """Return words without tags, addresses and punctuation, and the label as a number."""
    for name in (TEXT, LABEL):  # each is a pass over the file
        rows.where(F.col(name).isNull()).count()
    rows = rows.where(F.col(TEXT).isNotNull() & F.col(LABEL).isNotNull())
    rows.count()
    text = F.col(TEXT)
    for pattern in (r"<.*>", r"http\S+", r"[^A-Za-z ]"):
        text = F.regexp_replace(text, pattern, "")
    rows = rows.withColumn(TEXT, F.lower(text))
    rows = StringIndexer(inputCol=LABEL, outputCol="label").fit(rows).transform(rows)
    rows.groupBy("label").count().collect()
    words = Tokenizer(inputCol=TEXT, outputCol="all_words").transform(rows)
    return StopWordsRemover(inputCol="all_words", outputCol="words").transform(words)


def featurize(rows: DataFrame) -> dict[str, DataFrame]:
    """Return the rows with each kind of features, fitted on all rows."""
    hashed = HashingTF(inputCol="words", outputCol="features", numFeatures=DIMENSIONS).transform(
        rows
    )
    counted = hashed.withColumnRenamed("features", "counts")
    weighted = IDF(inputCol="counts", outputCol="features").fit(counted).transform(counted)
    model = Word2Vec(inputCol="words", outputCol="mean", vectorSize=DIMENSIONS, minCount=5).fit(
        rows
    )
    means = model.transform(rows)
    scaled = MinMaxScaler(inputCol="mean", outputCol="features").fit(means).transform(means)
    kinds = {"hashing_tf": hashed, "idf": weighted, "word2vec": scaled}
    return {name: frame.select("features", "label") for name, frame in kinds.items()}


def train_and_test(rows: DataFrame) -> float:
    """Return the accuracy of the best model by cross-validation on the 30% of rows for testing."""
    train, test = rows.randomSplit([0.7, 0.3], seed=42)
    regression = LogisticRegression()
    grid = ParamGridBuilder().addGrid(regression.maxIter, [10, 15, 20]).build()
    validator = CrossValidator(
        estimator=regression,
        estimatorParamMaps=grid,
        evaluator=BinaryClassificationEvaluator(),
        numFolds=2,
        seed=42,
    )
    predicted = validator.fit(train).transform(test)
    return MulticlassClassificationEvaluator(metricName="accuracy").evaluate(predicted)


if __name__ == "__main__":
    main(*sys.argv[1:])
