"""Translate what Spark throws about unreadable files into errors that users can act on."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import unquote

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from spark_jobs.runtime.job import JobError

FILE = re.compile(r"\[FAILED_READ_FILE\.\w+\] Encountered error while reading file (.*?)\. ")
ROOT = re.compile(r"^Caused by: (.*)$", re.MULTILINE)
RECORD = re.compile(r"\brecord=(\d+)")
# patterns in Spark's message and stack trace, and what users read; the first match counts
CAUSES = {
    r"exceeds the maximum number of characters": (
        "has a field longer than `max_record_bytes`{near}: close its quote, or set a larger "
        "number under `dialect`"
    ),
    r"TextParsingException: java.lang.ArrayIndexOutOfBounds": (
        "has a record of more than 100,000 fields{near}: check `delimiter` under `dialect`"
    ),
    r"FILE_NOT_EXIST|FileNotFoundException|NoSuchKey": (
        "was removed since the snapshot: materialize the snapshot again, then this asset"
    ),
    r"AccessDenied|Permission denied": (
        "can't be read: grant read access to the job's user or role"
    ),
    r"CANNOT_READ_FILE_FOOTER|is not a Parquet file": (
        "is not a Parquet file, or is damaged: copy it again, or set `format: csv`"
    ),
    r"PARQUET_COLUMN_DATA_TYPE_MISMATCH": (
        "has a column whose type differs from the other files: write them all with one type"
    ),
    r"EOFException": "ends before its data does: copy it again",
    r"(?i)FAILED_TO_UNCOMPRESS|could not (?:read|decode)|corrupt|\bcrc\b|not in gzip format"
    r"|ZipException|not in the BZip2|bad block header": "is damaged: copy it again",
}


@contextmanager
def translate_read_errors() -> Generator[None]:
    """Turn an error of Spark that names an unreadable file into a JobError.

    Other errors pass unchanged.
    """
    try:
        yield
    except (PySparkException, Py4JError) as error:
        details = f"{error}\n{getattr(error, '_stackTrace', '')}"
        file = FILE.search(details)
        if not file:
            raise
        problem = next((text for cause, text in CAUSES.items() if re.search(cause, details)), None)
        if problem is None:
            roots = ROOT.findall(details) or [str(error).partition("\n")[0]]
            raise JobError(
                f"{_path(file[1])} can't be read: {roots[-1]}. If it is damaged, copy it again"
            ) from error
        record = RECORD.search(details)
        near = f" near record {record[1]}" if record else ""
        raise JobError(f"{_path(file[1])} {problem.format(near=near)}") from error


def _path(uri: str) -> str:
    return unquote(uri.removeprefix("file://"))
