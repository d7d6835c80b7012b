"""New files become one part; a part whose files changed is counted anew."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from logging import Logger
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.cleaning.described import described, of_columns
from spark_jobs.cleaning.rules import check_patterns
from spark_jobs.cleaning.separation import broken_rules, separate
from spark_jobs.kept import without
from spark_jobs.names import FILE
from spark_jobs.reading.records import read
from spark_jobs.runtime.job import Request, SourceFile, Stopwatch
from spark_jobs.runtime.parts import KEPT, REJECTED, Part


@dataclass(frozen=True)
class Batch:
    """The files of a request that no part has yet."""

    spark: SparkSession
    request: Request
    files: Sequence[SourceFile]
    watch: Stopwatch
    log: Logger


@dataclass(frozen=True)
class Gathered:
    """The parts of a version, the one of them that was written now, and what they come to."""

    parts: Sequence[Part]
    written: Part | None
    rows: dict[str, int]
    figures: dict[str, Any]


def gather(batch: Batch, added: Callable[[DataFrame], DataFrame] = lambda rows: rows) -> Gathered:
    """Take the parts that are there, and write the rows of the other files as one more.

    Args:
        batch: what to read, and where to write it.
        added: the kept rows with further columns.

    Raises:
        JobError: a file can't be read, or a rule can't be applied.
    """
    check_patterns(batch.spark, batch.request.contract)
    parts: list[Part] = []
    for part in batch.request.parts:
        with batch.watch.phase("recount"):
            parts.append(recounted(batch.spark, batch.request.lake, part))
    written = write_part(batch, added) if batch.files else None
    parts += [written] if written else []
    rows = total(part.rows for part in parts)
    batch.log.info("%(in)s rows in, %(kept)s kept, %(rejected)s rejected", rows)
    figures = {
        "table_rows": rows["kept"],
        "rules": total(part.figures["rules"] for part in parts),
        "files_read": len(batch.files),
        "bytes_read": sum(file.size for file in batch.files),
    }
    return Gathered(parts, written, rows, figures)


def write_part(batch: Batch, added: Callable[[DataFrame], DataFrame]) -> Part:
    """Type, clean and separate the rows of the files, and write them: see `gather`."""
    request, watch = batch.request, batch.watch
    contract, place = request.contract, f"{request.lake}/{request.new_part}"
    with watch.phase("look"):
        records = read(batch.spark, batch.files, contract, batch.log)

    def write(rows: DataFrame) -> None:
        many = rows.repartition(records.tasks) if records.tasks else rows
        added(many).write.parquet(f"{place}/{KEPT}")

    done = separate(
        records,
        contract,
        write=write,
        rejected=f"{place}/{REJECTED}",
        watch=watch,
    )
    columns = described(done.observed, done.rows["kept"])
    files = {file.name: file.content for file in batch.files}
    return Part(request.new_part, files, done.rows, {"columns": columns, "rules": done.rules})


def recounted(spark: SparkSession, lake: str, part: Part) -> Part:
    """The part with the rows and figures of what is taken of it; rows in are what is left."""
    if not part.without:
        return part
    place = f"{lake}/{part.key}"
    kept = without(spark.read.parquet(f"{place}/{KEPT}"), FILE, part.without)
    found = kept.agg(F.count(F.lit(1)).alias("rows"), *of_columns(kept)).first()
    assert found is not None, "an aggregate without groups has one row"
    observed = found.asDict()
    rows = {"kept": observed.pop("rows"), "rejected": 0}
    rules: dict[str, int] = {}
    if part.rows["rejected"]:
        name = FILE.removeprefix("_")
        rejected = without(spark.read.parquet(f"{place}/{REJECTED}"), name, part.without)
        rules = broken_rules(rejected)
        rows["rejected"] = rules.pop("", 0)
    lost = part.rows["in"] - part.rows["kept"] - part.rows["rejected"]
    rows["in"] = rows["kept"] + rows["rejected"] + lost
    figures = {"columns": described(observed, rows["kept"]), "rules": rules}
    return replace(part, rows=rows, figures=figures)


def total(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sums by name."""
    summed: Counter[str] = Counter()
    for each in counts:
        summed.update(each)
    return dict(sorted(summed.items()))
