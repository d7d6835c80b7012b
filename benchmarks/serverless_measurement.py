"""Measures the job runs, billed hours and delays of a run on EMR Serverless."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.dagster_runs import DagsterRun
from emr_ml_tests.emulator.job_runs import JobRun
from emr_ml_tests.emulator.server import Emulator


@dataclass(frozen=True)
class Measurement:
    """The results of one contestant.

    Args:
        wall: seconds of the run.
        job_seconds: that each asset's job run worked, by the emulated clock.
        vcpu_hours: billed, of all job runs together.
        memory_gb_hours: billed, of all job runs together.
        delays: real seconds from the end of each job run to its asset's materialization.
        failure: the error that Dagster shows if Python is missing.
        failed_job_runs: how many job runs that took.
    """

    wall: float
    job_seconds: Mapping[str, float]
    vcpu_hours: float
    memory_gb_hours: float
    delays: Mapping[str, float]
    failure: str
    failed_job_runs: int


def measure(
    aws: Emulator,
    run: DagsterRun,
    jobs: Sequence[JobRun],
    failed_run: DagsterRun,
    failed_jobs: Sequence[JobRun],
) -> Measurement:
    """Return the results of a contestant whose job runs have all ended."""
    client = aws.client("emr-serverless")
    bills = [
        client.get_job_run(applicationId=job.owner, jobRunId=job.id)["jobRun"][
            "billedResourceUtilization"
        ]
        for job in jobs
    ]
    ends = {job.name.split()[0]: aws.clock.true_time(job.ended or 0.0) for job in jobs}
    return Measurement(
        wall=run.seconds,
        job_seconds={job.name.split()[0]: sum(job.worked) for job in jobs},
        vcpu_hours=sum(bill["vCPUHour"] for bill in bills),
        memory_gb_hours=sum(bill["memoryGBHour"] for bill in bills),
        delays={asset: run.materialized[asset] - end for asset, end in ends.items()},
        failure=failed_run.failure,
        failed_job_runs=len(failed_jobs),
    )
