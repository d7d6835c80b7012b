"""How an asset fails: the first line is the cause, the last line says what to do."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from emr_ml.errors import UserError, user_message
from emr_ml.failed import Failed, in_lines
from emr_ml.launchers.base import LaunchError
from emr_ml.ui.links import linked
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake


@contextmanager
def errors_as_failures(lake: Lake) -> Generator[None]:
    """Turn expected errors of a block that uses the lake into failures without a stack trace.

    Dagster may retry those of AWS and of files, but not those that the user has to fix.
    """
    try:
        yield
    except Exception as error:
        message = user_message(error, lake.root)
        if message is None:
            raise
        raise Failed(
            in_lines(error, message),
            metadata=linked(error.metadata) if isinstance(error, LaunchError) else {},
            allow_retries=not isinstance(error, (UserError, JobError)),
        ) from _worth_tracing(error)


def refusal(asset: dg.AssetKey, results: Sequence[dg.AssetCheckResult]) -> Failed:
    """Return the failure of an asset that blocking checks refuse.

    Args:
        asset: its key.
        results: of the checks that it failed, at least one.
    """
    name = asset.to_user_string()
    causes = [
        f"{name} is refused by its check {result.check_name}: {result.description}"
        for result in results
    ]
    todo = (
        f"Correct that and materialize {name} again. Until then, its readers keep the last version "
        "that passed its checks"
    )
    metadata: Mapping[str, Any] = {"checks of": dg.MetadataValue.asset(asset)}
    return Failed("\n".join([*causes, todo]), metadata=metadata, allow_retries=False)


def _worth_tracing(error: Exception) -> BaseException | None:
    """Return the error whose stack trace the event shows below the message; None for a mistake."""
    if not isinstance(error, (UserError, JobError)):
        return error
    cause = error.__cause__
    if isinstance(error, LaunchError) and isinstance(cause, Exception):
        # a bug of a job: whoever wrote it looks for the line
        return None if user_message(cause) else cause
    return None
