"""Send a job's log messages to its lake by Dagster Pipes."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from spark_jobs.runtime.job import Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import job_key

SECONDS_BETWEEN_CHUNKS = 1.0


class LogForwarder(logging.Handler):
    """Forwards log records to another logger."""

    def __init__(self, to: logging.Logger) -> None:
        super().__init__()
        self._to = to

    def emit(self, record: logging.LogRecord) -> None:
        self._to.log(record.levelno, record.getMessage())


@contextmanager
def pipes_messages(lake: Lake, request: Request, log: logging.Logger) -> Generator[None]:
    """Write what is logged in the block to the lake every second or two.

    The messages are next to the attempt's data, so a run that takes over the attempt finds them.
    """
    from dagster_pipes import (
        DAGSTER_PIPES_CONTEXT_ENV_VAR,
        DAGSTER_PIPES_MESSAGES_ENV_VAR,
        PipesContext,
        PipesDefaultContextLoader,
        PipesMappingParamsLoader,
        encode_param,
    )

    from spark_jobs.runtime.message_writer import LakeMessageWriter

    folder = job_key(request.asset, request.version, request.attempt, "messages/")
    params = {
        DAGSTER_PIPES_CONTEXT_ENV_VAR: encode_param({"data": {"asset_keys": [request.asset]}}),
        DAGSTER_PIPES_MESSAGES_ENV_VAR: encode_param({}),
    }
    # not `open_dagster_pipes`, which returns a closed context to the second attempt of a process
    with PipesContext(
        PipesMappingParamsLoader(params),
        PipesDefaultContextLoader(),
        LakeMessageWriter(lake, folder, SECONDS_BETWEEN_CHUNKS),
    ) as pipes:
        PipesContext.set(pipes)
        forwarder = LogForwarder(pipes.log)
        log.addHandler(forwarder)
        try:
            yield
        finally:
            log.removeHandler(forwarder)
