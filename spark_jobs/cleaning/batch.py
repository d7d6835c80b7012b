"""Write the rows of new files as one part, and recount parts with excluded files."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from logging import Logger
from typing import cast

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.aggregates import aggregate
from spark_jobs.cleaning.column_summaries import summaries_from, summary_aggregates
from spark_jobs.cleaning.figures import BatchFigures, PartFigures
from spark_jobs.cleaning.rules import check_patterns
from spark_jobs.cleaning.separation import count_broken_rules, separate
from spark_jobs.columns import FILE
from spark_jobs.contract import DatasetContract
from spark_jobs.dataset_rows import exclude_values
from spark_jobs.reading.records import read
from spark_jobs.runtime.job import Request, SourceFile, Stopwatch
from spark_jobs.runtime.parts import KEPT, REJECTED, Part


@dataclass(frozen=True)
class Batch:
    """The files of a request that are in none of its parts yet."""

    spark: SparkSession
    request: Request
    files: Sequence[SourceFile]
    stopwatch: Stopwatch
    log: Logger

    @property
    def contract(self) -> DatasetContract:
        return cast("DatasetContract", self.request.contract)


@dataclass(frozen=True)
class Manifest:
    """All parts of a version, the new one if any was written, and their sums."""

    parts: Sequence[Part]
    new_part: Part | None
    rows: dict[str, int]
    figures: BatchFigures


def process_batch(
    batch: Batch, add_columns: Callable[[DataFrame], DataFrame] = lambda rows: rows
) -> Manifest:
    """Write the rows of the files as one more part beside the parts of the request.

    Args:
        batch: what to read, and where to write it.
        add_columns: returns the kept rows with further columns.

    Raises:
        JobError: a file can't be read, or a rule can't be applied.
    """
    check_patterns(batch.spark, batch.contract)
    parts: list[Part] = []
    for part in batch.request.parts:
        with batch.stopwatch.phase("recount"):
            parts.append(recount(batch.spark, batch.request.lake, part))
    new_part = _write_part(batch, add_columns) if batch.files else None
    parts += [new_part] if new_part else []
    rows = sum_by_name(part.rows for part in parts)
    batch.log.info("%(in)s rows in, %(kept)s kept, %(rejected)s rejected", rows)
    figures: BatchFigures = {
        "table_rows": rows["kept"],
        "rules": sum_by_name(part_figures(part)["rules"] for part in parts),
        "files_read": len(batch.files),
        "bytes_read": sum(file.size for file in batch.files),
    }
    return Manifest(parts, new_part, rows, figures)


def part_figures(part: Part) -> PartFigures:
    """Return the figures of a part from `process_batch` or `recount`."""
    return cast("PartFigures", part.figures)


def _write_part(batch: Batch, add_columns: Callable[[DataFrame], DataFrame]) -> Part:
    request, stopwatch = batch.request, batch.stopwatch
    folder = f"{request.lake}/{request.new_part}"
    with stopwatch.phase("look"):
        records = read(batch.spark, batch.files, batch.contract, batch.log)

    def write(rows: DataFrame) -> None:
        spread = rows.repartition(records.tasks) if records.tasks else rows
        add_columns(spread).write.parquet(f"{folder}/{KEPT}")

    separated = separate(
        records,
        batch.contract,
        write=write,
        rejected=f"{folder}/{REJECTED}",
        stopwatch=stopwatch,
    )
    figures: PartFigures = {
        "columns": summaries_from(separated.aggregates, separated.rows["kept"]),
        "rules": separated.rules,
    }
    files = {file.name: file.content for file in batch.files}
    return Part(request.new_part, files, separated.rows, figures)


def recount(spark: SparkSession, lake: str, part: Part) -> Part:
    """Return the part with the counts and figures of the rows that are not excluded."""
    if not part.excluded:
        return part
    folder = f"{lake}/{part.key}"
    kept = exclude_values(spark.read.parquet(f"{folder}/{KEPT}"), FILE, part.excluded)
    counted = aggregate(kept, F.count(F.lit(1)).alias("rows"), *summary_aggregates(kept))
    aggregates = counted.asDict()
    rows = {"kept": aggregates.pop("rows"), "rejected": 0}
    rules: dict[str, int] = {}
    if part.rows["rejected"]:
        file_column = FILE.removeprefix("_")
        rejected = spark.read.parquet(f"{folder}/{REJECTED}")
        rules = count_broken_rules(exclude_values(rejected, file_column, part.excluded))
        rows["rejected"] = rules.pop("", 0)
    lost = part.rows["in"] - part.rows["kept"] - part.rows["rejected"]
    rows["in"] = rows["kept"] + rows["rejected"] + lost
    figures: PartFigures = {"columns": summaries_from(aggregates, rows["kept"]), "rules": rules}
    return replace(part, rows=rows, figures=figures)


def sum_by_name(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add up counts of the same name, and sort them by name."""
    sums: Counter[str] = Counter()
    for each in counts:
        sums.update(each)
    return dict(sorted(sums.items()))
