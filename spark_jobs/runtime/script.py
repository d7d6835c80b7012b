"""Runs a program that knows nothing of requests: it gets arguments, and writes where they say."""

import runpy
import sys
from collections.abc import Iterator, Sequence
from logging import Logger
from typing import TYPE_CHECKING
from unittest.mock import patch

from spark_jobs.runtime.job import Input, JobError, Request

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OUTPUT = "{output}"


def run_script(module: str, spark: "SparkSession", request: Request, log: Logger) -> None:
    """Run a module as a program, with the arguments in the request's parameters.

    `SparkSession.builder.getOrCreate()` returns the session of this job, and `stop` does not end
    it, because other jobs use the same Spark.

    Raises:
        JobError: an argument names no input, or the program ends with an exit code.
    """
    arguments = [each for given in request.params["arguments"] for each in _filled(given, request)]
    log.info("%s %s", module, " ".join(arguments))
    with (
        patch.object(sys, "argv", [module, *arguments]),
        patch.object(type(spark), "stop", _keep_running),
        patch.object(type(spark.sparkContext), "stop", _keep_running),
    ):
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            if end.code:
                raise JobError(
                    f"{module} ended with {end.code!r}: its output is in the run's captured "
                    "stderr, or in the log of the step"
                ) from end


def _keep_running(_: object) -> None:
    """Stand in for `stop`."""


def _filled(argument: str, request: Request) -> Iterator[str]:
    """Yield an argument with addresses in it; one alone that has several is several arguments."""
    addresses = {OUTPUT: [request.output]}
    addresses |= {f"{{{name}}}": _addresses(given) for name, given in request.inputs.items()}
    if argument in addresses:
        yield from addresses[argument]
        return
    for name, values in addresses.items():
        if name in argument:
            argument = argument.replace(name, ",".join(values))
    if "{" in argument and "}" in argument:
        raise JobError(
            f"the argument {argument!r} names no input: use {', '.join(sorted(addresses))}"
        )
    yield argument


def _addresses(given: Input) -> Sequence[str]:
    return [file.uri for file in given.files] or [given.path]
