"""Find the terms that were hashed to an index of a text's vector."""

from collections.abc import Sequence
from typing import Any

from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.feature import HashingTF
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spark_jobs.columns import ROW_ID, SPLIT
from spark_jobs.learning.feature_blocks import FeatureBlock
from spark_jobs.learning.split import TRAIN

TEXTS_PER_TERM = 20  # that are searched
MAX_TERMS = 3  # that are shown of an index
RARE = 0.1  # a term in fewer texts than this share of the most frequent one's is not shown


def terms_by_index(
    rows: DataFrame,
    prepared: DataFrame,
    row_stages: Sequence[Transformer],
    block: FeatureBlock,
    indices: Sequence[int],
) -> dict[int, str]:
    """Return the most frequent terms at each of the indices, as in "great / wonderful".

    Only texts with a term at one of the indices are searched, and for each index only the
    `TEXTS_PER_TERM` with the lowest ids. So the cost depends on the indices, not on the texts.

    Args:
        rows: with their texts.
        prepared: the same rows with the hashed terms.
        row_stages: that turn `rows` into `prepared`.
        block: of the text's column.
        indices: within the block.
    """
    if not indices:
        return {}
    buckets = [index - block.start for index in indices]
    texts = rows.join(F.broadcast(_examples(prepared, block, buckets)), ROW_ID, "left_semi")
    stages: list[Any] = list(row_stages)
    terms = PipelineModel(stages).transform(texts).select(block.hashed.replace("hashed", "terms"))
    term = F.explode(F.array_distinct(terms.columns[0])).alias("term")
    hash_one = HashingTF(inputCol="one", outputCol="hashed", numFeatures=block.size)
    hashed = hash_one.transform(terms.select(term).withColumn("one", F.array("term")))
    hashed = hashed.select("term", _buckets("hashed")[0].alias("bucket"))
    counted = (
        hashed.where(F.col("bucket").isin(buckets))
        .groupBy("bucket", "term")
        .agg(F.count(F.lit(1)).alias("texts"))
    )
    order = Window.partitionBy("bucket").orderBy(F.desc("texts"), "term")
    frequent = counted.withColumn("rank", F.row_number().over(order))
    frequent = frequent.where(F.col("rank") <= MAX_TERMS)
    by_index: dict[int, list[tuple[str, int]]] = {}
    for row in sorted(frequent.collect(), key=lambda row: row["rank"]):
        by_index.setdefault(row["bucket"] + block.start, []).append((row["term"], row["texts"]))
    return {index: _join_terms(terms) for index, terms in by_index.items()}


def _examples(prepared: DataFrame, block: FeatureBlock, buckets: Sequence[int]) -> DataFrame:
    """Return the ids of a few texts with terms in each of the buckets."""
    wanted = F.array(*(F.lit(bucket) for bucket in buckets))
    train = prepared.where(F.col(SPLIT) == TRAIN)
    bucket = F.explode(F.array_intersect(_buckets(block.hashed), wanted)).alias("bucket")
    order = Window.partitionBy("bucket").orderBy(ROW_ID)
    ranked = train.select(ROW_ID, bucket).withColumn("rank", F.row_number().over(order))
    return ranked.where(F.col("rank") <= TEXTS_PER_TERM).select(ROW_ID)


def _buckets(hashed: str) -> Column:
    """Return the indices of a sparse vector's non-zero elements."""
    return F.unwrap_udt(hashed)["indices"]


def _join_terms(terms: Sequence[tuple[str, int]]) -> str:
    """Join terms, which are in descending order of their texts, without the rare ones."""
    most = terms[0][1]
    return " / ".join(term for term, texts in terms if texts >= RARE * most)
