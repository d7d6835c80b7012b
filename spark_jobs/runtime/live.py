"""What a job says while it runs, for whoever follows it from afar."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from spark_jobs.runtime.job import Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import job_key

SECONDS_BETWEEN_CHUNKS = 1.0


class Forwarder(logging.Handler):
    """Hands what is logged to another logger."""

    def __init__(self, to: logging.Logger) -> None:
        super().__init__()
        self._to = to

    def emit(self, record: logging.LogRecord) -> None:
        self._to.log(record.levelno, record.getMessage())


@contextmanager
def speaking(lake: Lake, request: Request, log: logging.Logger) -> Generator[None]:
    """Send what is logged to the lake by Dagster Pipes, every second or two, if it is in S3.

    The messages lie beside the attempt's data, so whoever takes over the attempt finds them.
    """
    if not lake.root.startswith("s3://"):
        yield
        return
    # on a laptop neither is needed
    from dagster_pipes import (
        DAGSTER_PIPES_CONTEXT_ENV_VAR,
        DAGSTER_PIPES_MESSAGES_ENV_VAR,
        PipesMappingParamsLoader,
        PipesS3MessageWriter,
        encode_param,
        open_dagster_pipes,
    )

    from spark_jobs.runtime.lake.s3 import S3Lake

    store = S3Lake(lake.uri(job_key(request.asset, request.version, request.attempt, "messages")))
    place = {"bucket": store.bucket, "key_prefix": store.prefix}
    params = {
        DAGSTER_PIPES_CONTEXT_ENV_VAR: encode_param({"data": {"asset_keys": [request.asset]}}),
        DAGSTER_PIPES_MESSAGES_ENV_VAR: encode_param(place),
    }
    writer = PipesS3MessageWriter(store.client, interval=SECONDS_BETWEEN_CHUNKS)
    with open_dagster_pipes(
        params_loader=PipesMappingParamsLoader(params), message_writer=writer
    ) as pipes:
        forwarder = Forwarder(pipes.log)
        log.addHandler(forwarder)
        try:
            yield
        finally:
            log.removeHandler(forwarder)
