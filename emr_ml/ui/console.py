"""The console log of a run, one line for each message."""

import logging
from collections.abc import Iterable
from typing import Any

import dagster as dg

from emr_ml.failed import INTERRUPTIONS
from emr_ml.ui.run_bar import LogHandler
from emr_ml.wording import escape_control_characters

FAILURES = (dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE)
CHECK_FAILED = "DagsterAssetCheckFailedError"
REFUSED = "failed: a blocking check refuses it"
INTERRUPTION_NAMES = tuple(each.__name__ for each in INTERRUPTIONS)


class ConsoleFormatter(logging.Formatter):
    """Formats time, asset and message; a failure has a stack trace only if it is unexpected."""

    def format(self, record: logging.LogRecord) -> str:
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event: dg.DagsterEvent | None = meta.get("dagster_event")
        text = meta.get("orig_message") or record.getMessage()
        if event and event.event_type == dg.DagsterEventType.STEP_FAILURE:
            text = failure_cause(event) or text
        elif event and event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            text = f"check {check.check_name} failed: {check.description}"
        time = self.formatTime(record, "%H:%M:%S")
        return f"{time}  {meta.get('step_key') or '':<18} {escape_control_characters(text)}"


def is_worth_logging(record: logging.LogRecord) -> bool:
    """Return True for messages of jobs, and for those of Dagster's events that are failures."""
    meta: dict[str, Any] = getattr(record, "dagster_meta", {})
    event: dg.DagsterEvent | None = meta.get("dagster_event")
    if event is None:
        return True
    if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        return not event.asset_check_evaluation_data.passed
    return event.event_type in FAILURES


@dg.logger(
    {"log_level": dg.Field(str, default_value="INFO", description="the lowest level shown")},
    description="One readable line for each message.",
)
def console(context: dg.InitLoggerContext) -> logging.Logger:
    """Log to standard error."""
    logger = logging.Logger("emr_ml", logging.DEBUG)
    handler = LogHandler(context.logger_config["log_level"])
    handler.setFormatter(ConsoleFormatter())
    handler.addFilter(is_worth_logging)
    logger.addHandler(handler)
    return logger


def failure_cause(event: dg.DagsterEvent) -> str | None:
    """Return why a step failed: the message of a `dg.Failure`, or the error with its trace."""
    data = event.step_failure_data
    causes = [data.error, data.error.cause] if data.error else []
    if any(error and error.cls_name in INTERRUPTION_NAMES for error in causes):
        return "interrupted"
    if data.error and data.error.cls_name == CHECK_FAILED:
        return REFUSED
    if data.user_failure_data and data.user_failure_data.description:
        return f"failed: {data.user_failure_data.description}"
    return f"failed: {data.error.to_string()}" if data.error else None


def refusal_or_cause(
    event: dg.DagsterEvent, evaluations: Iterable[dg.AssetCheckEvaluation]
) -> str | None:
    """Return why a step failed: what the blocking check that refused its asset found, or the cause.

    Args:
        event: the failure of the step.
        evaluations: of all checks of the run.
    """
    data = event.step_failure_data
    if data.error and data.error.cls_name == CHECK_FAILED:
        refusing = [each for each in evaluations if each.blocking and not each.passed]
        refusing.sort(key=lambda each: each.asset_key.to_python_identifier() != event.step_key)
        for each in refusing[:1]:
            return f"refused by {each.check_name}: {each.description}"
    cause = failure_cause(event)
    return cause and cause.removeprefix("failed: ")
