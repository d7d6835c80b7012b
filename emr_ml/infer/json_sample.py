"""A sample of the rows of a file of JSON lines, as the text that the jobs make of their values."""

import json
import re
from itertools import islice
from shlex import quote
from typing import cast

from emr_ml.contract.base import SURROGATE
from emr_ml.infer.files import MAX_SAMPLE_VALUES, DataFile, Sample, contract_names
from emr_ml.sources.listing import SourceError
from emr_ml.units import MEGABYTE
from emr_ml.wording import file_size
from spark_jobs.reading.csv_dialect import BLANKS
from spark_jobs.reading.json_parser import JQ, Line, parse_lines
from spark_jobs.runtime.job import JobError

MAX_ROWS = 50_000
MAX_LINE = 16 * MEGABYTE  # characters
FIRST_BYTES = 4096
OBJECT = re.compile(rb"(\xef\xbb\xbf)?\s*(\[\s*)?\{\s*(\"|\})")
MAX_WHOLE = 64 * MEGABYTE  # bytes of a file that is read to find a list in it


def is_json_lines(file: DataFile) -> bool:
    """Return whether a file begins with a JSON object, or with a list of them."""
    with file.open_decompressed() as stream:
        return bool(OBJECT.match(stream.read(FIRST_BYTES)))


def sample_json_lines(file: DataFile) -> Sample:
    """Sample the first rows.

    Raises:
        SourceError: the file is damaged, or its first line is no JSON object.
    """
    try:
        with file.open_decompressed() as stream:
            lines = parse_lines(stream, file.address, MAX_LINE)
            head = list(islice(lines, MAX_ROWS))
            is_whole_file = next(lines, None) is None
    except JobError as error:
        raise SourceError(str(error)) from error
    return _sample(file, head, is_whole_file=is_whole_file)


def _is_text(values: dict[str, str | None]) -> bool:
    return not any(SURROGATE.search(text) for pair in values.items() for text in pair if text)


def _sample(file: DataFile, lines: list[Line], *, is_whole_file: bool) -> Sample:
    # the job rejects rows with half of a character
    rows = [line.values for line in lines if line.values is not None and _is_text(line.values)]
    if not rows or lines[0].values is None or len(lines) == 1:
        _check_is_not_one_object(file)
    if not rows or lines[0].values is None:
        raise SourceError(
            f"the first line of {file.address} is not a JSON object: write one object in each "
            f"line, with `{JQ} . {quote(file.address)} > rows.jsonl`"
        )
    names = list(dict.fromkeys(name for row in rows for name in row))
    rows = rows[: max(MAX_SAMPLE_VALUES // max(len(names), 1), 1)]
    columns = [[(row.get(name) or "").strip(BLANKS) for row in rows] for name in names]
    count = f"all {len(rows):,}" if is_whole_file else f"the first {len(rows):,}"
    return Sample(
        names=contract_names(names),
        columns=columns,
        rows=len(rows),
        is_complete=is_whole_file and not file.others,
        summary=f"{count} rows of {file_size(file.size)}",
        unusable={
            name: "a list in each row"
            for name, column in zip(names, columns, strict=True)
            if any(column) and all(value.startswith("[") for value in column if value)
        },
    )


def _check_is_not_one_object(file: DataFile) -> None:
    """Refuse a file that is one object, as services answer, with a list of objects in it."""
    if file.size > MAX_WHOLE:
        return
    with file.open_decompressed() as stream:
        try:
            whole = json.loads(stream.read(MAX_WHOLE))
        except (ValueError, RecursionError):
            return
    if not isinstance(whole, dict):
        return  # a list with one object in it
    values = cast("dict[str, object]", whole).items()
    key = next((key for key, value in values if _is_list_of_objects(value)), None)
    if key is not None:
        command = f"{JQ} {quote(f'.[{json.dumps(key)}][]')} {quote(file.address)} > rows.jsonl"
        raise SourceError(
            f"{file.address} is one JSON object, with a list of objects under '{key}': write them "
            f"one in each line, with `{command}`"
        )


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
