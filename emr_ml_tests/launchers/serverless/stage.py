"""What tests of EMR Serverless ask of a stage."""

from typing import Any

from emr_ml.lake.versions import VersionSpec
from emr_ml_tests.emulator.examples import RUNTIME_ROLE_ARN
from emr_ml_tests.emulator.job_runs import JobRun
from emr_ml_tests.launchers.emr.stage import Stage

FIELDS: dict[str, Any] = {
    "execution_role": RUNTIME_ROLE_ARN,
    # the harness has the packages that an archive would have
    "packages": "image",
    # so that the application does not stop while a test looks
    "idle_minutes": 600,
}
OVER = ("SUCCESS", "FAILED", "CANCELLED")


def job_runs(stage: Stage, work: VersionSpec) -> list[JobRun]:
    """Return all job runs that were ever started for the version, oldest first."""
    name = f"{work.asset} {work.version[:16]} "
    return [job for job in stage.aws.serverless.job_runs if job.name.startswith(name)]


def states(stage: Stage, work: VersionSpec) -> list[str]:
    return [job.state for job in job_runs(stage, work)]


def tokens(stage: Stage, work: VersionSpec) -> list[str]:
    return [job.request["clientToken"] for job in job_runs(stage, work)]
