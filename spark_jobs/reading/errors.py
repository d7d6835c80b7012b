"""What Spark throws when a file can't be read, in words for whoever gave the file."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import unquote

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from spark_jobs.runtime.job import JobError

FILE = re.compile(r"\[FAILED_READ_FILE\.\w+\] Encountered error while reading file (.*?)\. ")
RECORD = re.compile(r"\brecord=(\d+)")
# what Spark says, and what the user is told: the first that fits counts
CAUSES = {
    r"exceeds the maximum number of characters": (
        "has a field longer than `max_record_bytes`{near}: close its quote, or set a larger "
        "number under `dialect`"
    ),
    r"TextParsingException: java.lang.ArrayIndexOutOfBounds": (
        "has a record of more than 100,000 fields{near}: check `delimiter` under `dialect`"
    ),
    r"FILE_NOT_EXIST|FileNotFoundException|NoSuchKey": (
        "is gone since the snapshot: materialize the snapshot again, then this asset"
    ),
    r"AccessDenied|Permission denied": "can't be read: give the job's user or role the right to",
    r"CANNOT_READ_FILE_FOOTER|is not a Parquet file": (
        "is no Parquet file, or a damaged one: copy it again, or set `format: csv`"
    ),
    r"PARQUET_COLUMN_DATA_TYPE_MISMATCH": (
        "has a column of another type than the other files: write them alike"
    ),
    r"EOFException": "ends before its data does: copy it again",
    r"(?i)FAILED_TO_UNCOMPRESS|could not (?:read|decode)|corrupt|\bcrc\b|not in gzip format"
    r"|ZipException|not in the BZip2|bad block header": "is damaged: copy it again",
}

ROOT = re.compile(r"^Caused by: (.*)$", re.MULTILINE)


@contextmanager
def told() -> Generator[None]:
    """Turn what Spark throws about a file that it can't read into a JobError.

    What names no file passes as it is.
    """
    try:
        yield
    except (PySparkException, Py4JError) as error:
        said = f"{error}\n{getattr(error, '_stackTrace', '')}"
        found = FILE.search(said)
        if not found:
            raise
        words = next((words for cause, words in CAUSES.items() if re.search(cause, said)), None)
        if words is None:
            roots = ROOT.findall(said) or [str(error).partition("\n")[0]]
            raise JobError(
                f"{_name(found[1])} can't be read: {roots[-1]}. If it is damaged, copy it again"
            ) from error
        record = RECORD.search(said)
        near = f" near record {record[1]}" if record else ""
        raise JobError(f"{_name(found[1])} {words.format(near=near)}") from error


def _name(uri: str) -> str:
    return unquote(uri.removeprefix("file://"))
