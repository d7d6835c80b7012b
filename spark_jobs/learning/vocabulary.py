"""Hashed terms get their words back."""

from collections.abc import Sequence
from typing import Any

from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.feature import HashingTF
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spark_jobs.learning.slots import Block
from spark_jobs.learning.split import TRAIN
from spark_jobs.names import ROW_ID, SIDE

TEXTS_OF_A_TERM = 20  # that are looked into
MOST_TERMS = 3  # that are shown of those that share a place
RARE = 0.1  # of the texts of the commonest one: a term in fewer is not shown


def terms_at(
    seen: DataFrame,
    prepared: DataFrame,
    by_row: Sequence[Transformer],
    block: Block,
    places: Sequence[int],
) -> dict[int, str]:
    """The commonest terms at each of these places of the vector, as "great / wonderful".

    Only texts that have a term at one of the places are looked into, and of each place's the
    `TEXTS_OF_A_TERM` whose ids are lowest. So the cost grows with the places, not with the texts.

    Args:
        seen: rows with their texts.
        prepared: the same rows with the hashed terms.
        by_row: the stages that lead from the first to the second.
        block: the text's column.
        places: within the block.
    """
    if not places:
        return {}
    buckets = [place - block.start for place in places]
    texts = seen.join(F.broadcast(_examples(prepared, block, buckets)), ROW_ID, "left_semi")
    stages: list[Any] = list(by_row)
    terms = PipelineModel(stages).transform(texts).select(block.hashed.replace("hashed", "terms"))
    term = F.explode(F.array_distinct(terms.columns[0])).alias("term")
    single = HashingTF(inputCol="one", outputCol="hashed", numFeatures=block.size)
    placed = single.transform(terms.select(term).withColumn("one", F.array("term")))
    placed = placed.select("term", _buckets("hashed")[0].alias("bucket"))
    counted = (
        placed.where(F.col("bucket").isin(buckets))
        .groupBy("bucket", "term")
        .agg(F.count(F.lit(1)).alias("texts"))
    )
    order = Window.partitionBy("bucket").orderBy(F.desc("texts"), "term")
    common = counted.withColumn("rank", F.row_number().over(order))
    common = common.where(F.col("rank") <= MOST_TERMS)
    found: dict[int, list[tuple[str, int]]] = {}
    for row in sorted(common.collect(), key=lambda row: row["rank"]):
        found.setdefault(row["bucket"] + block.start, []).append((row["term"], row["texts"]))
    return {place: _told(terms) for place, terms in found.items()}


def _examples(prepared: DataFrame, block: Block, buckets: Sequence[int]) -> DataFrame:
    """The ids of texts that have terms in these buckets, a few of each."""
    wanted = F.array(*(F.lit(bucket) for bucket in buckets))
    train = prepared.where(F.col(SIDE) == TRAIN)
    met = F.explode(F.array_intersect(_buckets(block.hashed), wanted)).alias("bucket")
    order = Window.partitionBy("bucket").orderBy(ROW_ID)
    ranked = train.select(ROW_ID, met).withColumn("rank", F.row_number().over(order))
    return ranked.where(F.col("rank") <= TEXTS_OF_A_TERM).select(ROW_ID)


def _buckets(hashed: str) -> Column:
    """The places of a sparse vector that are not 0."""
    return F.unwrap_udt(hashed)["indices"]


def _told(terms: Sequence[tuple[str, int]]) -> str:
    most = terms[0][1]
    return " / ".join(term for term, texts in terms if texts >= RARE * most)
