"""Errors that users are expected to meet, and the message that each becomes.

Imports nothing heavy: errors of AWS's client are recognized without importing it.
"""

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


def user_message(error: Exception) -> str | None:
    """Return the message for an expected error, or None for a bug, which needs its stack trace."""
    if isinstance(error, (UserError, JobError)):
        return str(error)
    if isinstance(error, BrokenPipeError):
        return None  # click ends the command quietly
    if isinstance(error, OSError):
        problem = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return f"{problem}. Check EMR_ML_LAKE, its permissions and its disk"
    if is_aws_error(error):
        # botocore takes half a second to import, but has raised the error and so is imported
        from emr_ml.aws.problems import diagnose

        return str(diagnose(error))
    return None
