"""A launch in its own process, which may die at any of its calls."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import boto3
from botocore.client import BaseClient

from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers import make_launcher
from emr_ml.launchers.eks.job import EksJob
from emr_ml.launchers.emr.launcher import EmrLauncher
from emr_ml.launchers.remote.job_run_launcher import JobRunLauncher
from emr_ml.launchers.serverless.job import ServerlessJob
from emr_ml.settings import Settings

OK, FAILED, CANCELLED = 0, 1, 2  # exit codes
# imported here, because it takes long, and processes that are forked have it
PRELOADED = (EksJob, EmrLauncher, JobRunLauncher, ServerlessJob)


@dataclass(frozen=True)
class Death:
    """A process sends itself a signal before or after its nth call that a glob fits.

    What is matched is the operation, and for S3 the key behind it: `PutObject */claim.json`.
    `after` is after AWS did it, and before the process knows.
    """

    of: str
    when: Literal["before", "after"]
    nth: int = 1
    by: signal.Signals = signal.SIGKILL


def launch_in_this_process(
    settings: Mapping[str, Any],
    environment: Mapping[str, str],
    work: VersionSpec,
    log: Path | None,
    dies: Death | None,
) -> None:
    """Launch the work, and exit with a code for its outcome."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(environment)
    boto3.DEFAULT_SESSION = None
    logging.basicConfig(
        level=logging.INFO,
        filename=log or os.devnull,
        format="%(asctime)s %(name)s %(message)s",
        force=True,
    )
    if dies:
        arrange(dies)
    logger = logging.getLogger("launch")
    try:
        make_launcher(Settings(**settings)).launch(work, logger)
    except KeyboardInterrupt:
        logger.info("cancelled")
        sys.exit(CANCELLED)
    except BaseException:
        logger.exception("failed")
        sys.exit(FAILED)
    sys.exit(OK)


def arrange(death: Death) -> None:
    """Die at the named call from now on."""
    call = BaseClient._make_api_call  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] - every call goes through it
    left, lock = [death.nth], threading.Lock()

    def is_it(operation: str, parameters: Mapping[str, Any]) -> bool:
        name = f"{operation} {parameters.get('Key', '')}".strip()
        with lock:
            left[0] -= fnmatchcase(name, death.of)
            if left[0] == 0:
                left[0] = -1
                return True
        return False

    def mortal(self: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Any:
        dying = is_it(operation, parameters)
        if dying and death.when == "before":
            os.kill(os.getpid(), death.by)
        try:
            return call(self, operation, parameters)
        finally:
            if dying and death.when == "after":
                os.kill(os.getpid(), death.by)

    BaseClient._make_api_call = mortal  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] - no public way
