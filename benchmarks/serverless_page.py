"""The results of the benchmark on EMR Serverless as a section of docs/benchmarks.md."""

from collections.abc import Mapping
from statistics import median

from benchmarks.page import machine, markdown_table, today, versions
from benchmarks.serverless_measurement import Measurement

CONTESTANTS = ("our launcher", "PipesEMRServerlessClient")
HEAD = """\
## On EMR Serverless, beside PipesEMRServerlessClient

The same three Spark jobs on the sample data, run once by our launcher and once by dagster-aws's
`PipesEMRServerlessClient`, on an emulated EMR Serverless in real time. `spark-submit` and Spark's
S3 connector are real. Nothing was measured on Amazon's service.

```
.venv/bin/python -m benchmarks.serverless
```

repeats the benchmark and replaces this section. It took {minutes:.0f} minutes.

- {date}; {machine}; load {load:.1f} at the start
- {versions}

The client's requests are copied from ours: sizes, packages, code and time limits are the same. Its
script opens Dagster Pipes and calls the same job. It reads messages from S3 while the job runs;
its default reader, of CloudWatch, starts only when the job has ended.
"""
FAILURE = """
### A job whose Python is missing

What Dagster shows as the error of the asset, with our launcher after {our_runs} and with the client
after {their_runs}:

```text
{ours}
```

```text
{theirs}
```
"""
NOT_MEASURED = """
### Not measured

By the client's code, and by our tests:

- A run that is killed and started again follows our job run to its end. The client starts a second
  one, and the first goes on. `emr_ml_tests/launchers/serverless` tests ours.
- The client shows nothing of the driver's log, neither for a success nor for a failure.
- Neither retries of the service nor a cancelled Dagster run leave a job run of ours behind; the
  client cancels only if its process lives long enough to be interrupted.
"""


def section(ours: Measurement, theirs: Measurement, *, minutes: float, load: float) -> str:
    """Return the whole section.

    Args:
        ours: results of our launcher.
        theirs: results of the client.
        minutes: how long the benchmark took.
        load: of the machine when it started.
    """
    head = HEAD.format(
        minutes=minutes, date=today(), machine=machine(), load=load, versions=versions()
    )
    failure = FAILURE.format(
        our_runs=_job_runs(ours), their_runs=_job_runs(theirs), ours=ours.failure,
        theirs=theirs.failure,
    )  # fmt: skip
    return f"{head}\n{_figures(ours, theirs)}{failure}{NOT_MEASURED}".rstrip()


def _figures(ours: Measurement, theirs: Measurement) -> str:
    rows = [
        ("wall time of the run", f"{ours.wall:.0f} s", f"{theirs.wall:.0f} s"),
        ("seconds that the jobs ran", _listed(ours.job_seconds), _listed(theirs.job_seconds)),
        ("billed vCPU-hours", f"{ours.vcpu_hours:.2f}", f"{theirs.vcpu_hours:.2f}"),
        ("billed GB-hours of memory", f"{ours.memory_gb_hours:.2f}",
         f"{theirs.memory_gb_hours:.2f}"),
        ("from a job's end to its materialization, median",
         f"{median(ours.delays.values()):.1f} s", f"{median(theirs.delays.values()):.1f} s"),
        ("the same, maximum", f"{max(ours.delays.values()):.1f} s",
         f"{max(theirs.delays.values()):.1f} s"),
    ]  # fmt: skip
    return markdown_table(("", *CONTESTANTS), rows)


def _listed(seconds: Mapping[str, float]) -> str:
    return ", ".join(f"{each:.0f}" for each in seconds.values())


def _job_runs(measurement: Measurement) -> str:
    count = measurement.failed_job_runs
    return "one job run" if count == 1 else f"{count} job runs"
