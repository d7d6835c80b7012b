"""Errors that users are expected to meet, and the message that each becomes.

Imports nothing heavy: errors of AWS's client are recognized without importing it.
"""

import os
from pathlib import Path

from spark_jobs.runtime.job import JobError

AWS_MODULES = ("botocore.", "boto3.", "emr_ml.aws.client.")


class UserError(Exception):
    """Something the user can fix: the message says what is wrong, where, and what to do next.

    Args:
        problem: what is wrong, and where; without a `fix`, also what to do next.
        fix: what to do next, for readers that show it apart from the problem.
    """

    def __init__(self, problem: str, *, fix: str = "") -> None:
        super().__init__(f"{problem}: {fix}" if fix else problem)
        self.problem = problem
        self.fix = fix


def is_aws_error(error: Exception) -> bool:
    """Return True if AWS's client raised it; its errors have no base class in common."""
    return f"{type(error).__module__}.".startswith(AWS_MODULES)


def user_message(error: Exception, lake: str | None = None) -> str | None:
    """Return the message for an expected error, or None for a bug, which needs its stack trace.

    Args:
        error: any error.
        lake: root of the lake that was in use, if one was.
    """
    if isinstance(error, (UserError, JobError)):
        return str(error)
    if isinstance(error, BrokenPipeError):
        return None  # click ends the command quietly
    if isinstance(error, OSError):
        return _file_message(error, lake)
    if is_aws_error(error):
        # botocore takes half a second to import, but has raised the error and so is imported
        from emr_ml.aws.problems import diagnose

        return str(diagnose(error))
    return None


def _file_message(error: OSError, lake: str | None) -> str:
    if error.filename is None:
        is_folder = lake and "://" not in lake
        cause = "EMR_ML_LAKE and its disk" if is_folder else "this machine's disk and network"
        return f"{error.strerror or error}. Check {cause}"
    name = error.filename  # bytes or a descriptor if that is what was opened
    file = os.fsdecode(name) if isinstance(name, bytes) else str(name)
    subject = "EMR_ML_LAKE" if lake and _is_of_lake(Path(file), Path(lake)) else "that path"
    return f"{file}: {error.strerror}. Check {subject}, its permissions and its disk"


def _is_of_lake(path: Path, lake: Path) -> bool:
    """Return True if the path is in the lake, or is a folder that the lake is to be made in."""
    return path.is_relative_to(lake) or lake.is_relative_to(path)
