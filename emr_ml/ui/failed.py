"""`Failed`: a failure that the UI shows without a stack trace."""

from typing import Any

import dagster as dg
from dagster._core.execution.plan import objects
from dagster_shared.error import SerializableErrorInfo

from emr_ml.errors import UserError

DESCRIBE = "serializable_error_info_from_exc_info"


class Failed(dg.Failure):
    """A failure whose message says everything: the UI shows it without a stack trace."""


# The UI puts the full name of an error's class before its message. That of a built-in class is its
# name alone, so a failed step begins with `Failed: ` and the cause.
Failed.__module__ = "builtins"


def _leave_out_stacks() -> None:
    """Have Dagster record a `Failed` without the stack on which it was raised.

    Dagster adds it to every failure, and has no setting to leave it out: a user who has misspelled
    a column would see thirty lines of Dagster's modules below the cause.
    """
    describe: Any = getattr(objects, DESCRIBE)

    def without_own_stack(exc_info: Any, *args: Any, **options: Any) -> SerializableErrorInfo:
        told = describe(exc_info, *args, **options)
        if isinstance(exc_info[1], Failed):
            return SerializableErrorInfo(told.message, [], told.cls_name, told.cause)
        return told

    setattr(objects, DESCRIBE, without_own_stack)


_leave_out_stacks()


def in_lines(error: Exception, message: str) -> str:
    """Return the message with what to do on a line of its own, if the error has that apart."""
    if isinstance(error, UserError) and error.fix and message.endswith(f": {error.fix}"):
        return f"{error.problem}\n{error.fix[0].upper()}{error.fix[1:]}"
    return message
