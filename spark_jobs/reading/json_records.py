"""Files of JSON lines as a DataFrame of text, so that all formats are cleaned in the same way."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.reading.csv_parser import readable
from spark_jobs.reading.file_tasks import map_files, report_errors
from spark_jobs.reading.json_parser import line_texts, parse_lines
from spark_jobs.reading.python_records import MAX_RAW_CHARACTERS, frame_of_rows
from spark_jobs.reading.source_bytes import open_source
from spark_jobs.runtime.job import JobError, SourceFile

SURROGATE = re.compile("[\ud800-\udfff]")  # half of a character, or a byte that is not UTF-8


def read_json_lines(
    spark: SparkSession, files: Sequence[SourceFile], names: Sequence[str], max_characters: int
) -> DataFrame:
    """Return every line of the files that is not blank, with the named columns as text.

    The other columns are those of `read_csv`; a line that is no JSON object is malformed.

    Raises:
        JobError: a file is damaged, or has a line of more than `max_characters`.
    """
    report_errors(map_files(spark, files, partial(_error, max_characters=max_characters)))
    return frame_of_rows(
        spark, files, names, partial(_rows, names=names, max_characters=max_characters)
    )


def _error(file: SourceFile, max_characters: int) -> str | None:
    try:
        with open_source(file) as stored:
            deque(line_texts(stored, file.name, max_characters), maxlen=0)
    except JobError as error:
        return str(error)
    return None


def _rows(file: SourceFile, names: Sequence[str], max_characters: int) -> Iterator[tuple[Any, ...]]:
    with open_source(file) as stored:
        for line in parse_lines(stored, file.name, max_characters):
            found = line.values or {}
            values = [found.get(name) for name in names]
            undecodable = None
            broken = [
                name
                for name, value in zip(names, values, strict=True)
                if value and not value.isascii() and SURROGATE.search(value)
            ]
            if broken:
                undecodable = broken
                values = [value and SURROGATE.sub("\ufffd", readable(value)) for value in values]
            origin = (file.name, line.number, None, None)
            raw = readable(line.text)[:MAX_RAW_CHARACTERS]
            yield (*values, *origin, raw, None, line.values is None, False, undecodable, False)
