"""`Failed`: a failure that the UI shows without a stack trace."""

from contextlib import suppress
from importlib import import_module
from typing import Any

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from emr_ml.errors import UserError

# where Dagster turns the error of a step, of a resource and of a run into what the UI shows
PLACES = ("plan.objects", "resources_init", "api")
DESCRIBE = "serializable_error_info_from_exc_info"
INTERRUPTIONS = (KeyboardInterrupt, dg.DagsterExecutionInterruptedError)
CANCELLED = "Cancelled: the run was interrupted"


class Failed(dg.Failure):
    """A failure whose message says everything: the UI shows it without a stack trace."""


# The UI puts the full name of an error's class before its message. That of a built-in class is its
# name alone, so a failed step begins with `Failed: ` and the cause.
Failed.__module__ = "builtins"


def _leave_out_stacks() -> None:
    """Have Dagster record a `Failed` without the stack on which it was raised.

    Dagster adds it to every failure, and has no setting to leave it out: a user who has misspelled
    a column would see thirty lines of Dagster's modules below the cause. A resource's failure is
    wrapped in another error, which says nothing more. Nor does the stack of a run that somebody
    cancelled. These are private places: in a release of Dagster that lacks one, the stack is shown.
    """
    for place in PLACES:
        with suppress(ImportError, AttributeError):
            module = import_module(f"dagster._core.execution.{place}")
            setattr(module, DESCRIBE, _without_stack(getattr(module, DESCRIBE)))


def _without_stack(describe: Any) -> Any:
    def described(exc_info: Any, *args: Any, **options: Any) -> SerializableErrorInfo:
        error: Any = exc_info[1]
        failed = getattr(error, "user_exception", error)
        told = describe(exc_info, *args, **options)
        if isinstance(error, INTERRUPTIONS):
            return SerializableErrorInfo(f"{CANCELLED}\n", [], told.cls_name)
        if not isinstance(failed, Failed):
            return told
        message = f"{Failed.__name__}: {failed.description}\n"
        cause = told.cause if failed is error else None
        return SerializableErrorInfo(message, [], Failed.__name__, cause)

    return described


_leave_out_stacks()


def in_lines(error: Exception, message: str) -> str:
    """Return the message with what to do on a line of its own, if the error has that apart."""
    if isinstance(error, UserError) and error.fix and message.endswith(f": {error.fix}"):
        return f"{error.problem}\n{error.fix[0].upper()}{error.fix[1:]}"
    return message
