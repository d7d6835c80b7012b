"""Files of JSON lines as a DataFrame of text, so that all formats are cleaned in the same way."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.reading.csv_parser import readable
from spark_jobs.reading.json_parser import parse_lines
from spark_jobs.reading.python_records import MAX_RAW_CHARACTERS, frame_of_rows
from spark_jobs.reading.source_bytes import open_source
from spark_jobs.runtime.job import SourceFile

SURROGATE = re.compile("[\ud800-\udfff]")  # half of a character, or a byte that is not UTF-8


def read_json_lines(
    spark: SparkSession, files: Sequence[SourceFile], names: Sequence[str], max_characters: int
) -> DataFrame:
    """Return every line of the files that is not blank, with the named columns as text.

    The other columns are those of `read_csv`; a line that is no JSON object is malformed.

    Raises:
        JobError: a file is damaged, or has a line of more than `max_characters`.
    """
    for file in files:
        with open_source(file) as stored:
            deque(parse_lines(stored, file.name, max_characters), maxlen=0)
    return frame_of_rows(
        spark, files, names, partial(_rows, names=names, max_characters=max_characters)
    )


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
