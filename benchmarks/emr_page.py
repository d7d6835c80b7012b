"""The results of the EMR benchmark as a section of docs/benchmarks.md."""

from collections.abc import Iterable
from statistics import median

from benchmarks.emr_measurement import PHASES, Measurement
from benchmarks.page import machine, markdown_table, today, versions

TARGET_SHARE = 0.4  # of the billed instance-seconds of PipesEMRClient
# seconds of bootstrap and termination per cluster, for which the ratio is computed
SLOWER_CLUSTERS = (300, 600)
CONTESTANTS = ("our launcher", "PipesEMRClient")

HEAD = """\
## On EMR, beside PipesEMRClient

Three Spark jobs of the product (`processed_dataset`, `lr_model`, `metrics`) on the sample data,
run once by our launcher and once by dagster-aws's `PipesEMRClient`. EMR is the emulator from our
tests. Nothing was measured on Amazon's EMR.

```
{command}
```

repeats the benchmark and replaces this section; so does `make bench-emr`. It took {minutes:.0f}
minutes.

- {date}; {machine}; load {load:.1f} at the start
- {versions}
"""
SETTING = """\
### What is the same

Both are runs of a Dagster job in separate processes, one after the other, against one emulated
AWS. Instance fleets (one primary, one core), release, roles, bootstrap action, code archive and
the command of the steps are the same: for `PipesEMRClient` they are copied from our launcher's
requests, with another bucket and request. The requests of the jobs are copied too. Bootstrap,
`spark-submit` and Spark's S3 connector are real.

The emulator uses its default delays: 120 s until instances are available, at least 30 s of
bootstrap, 5 s until a step starts, 40 s to terminate. It bills instances by the second, from
their start to the end of their cluster. Its clock runs at {speed:g} times real speed. At a higher
speed, the 30 s between two polls of `PipesEMRClient`, our pauses and the steps would weigh more
than on EMR.

### What differs

- Our launcher: one run of `training_job`, with all settings at their defaults. The first step's
  Spark application takes the jobs of the other assets, too. The cluster ends with the last of them.
  This run also takes the snapshot of the source.
- `PipesEMRClient`: one asset per job, one cluster per asset with a single step,
  `KeepJobFlowAliveWhenNoSteps` false, `ActionOnFailure` TERMINATE_CLUSTER. Our jobs need a lease
  and a request to start. These, the code and the bootstrap script are put into its bucket before
  the run, which counts neither as time nor as calls. Its step runs a short script that opens
  Dagster Pipes and calls the same job, so that the client receives the job's messages.
- It needs a patch to be comparable: it checks every 5 s, not every 30 s, whether a starting
  cluster is running. The end of this section explains why.
"""
DELAYS = """
Our delays: {delays}.
"""
SLOWER = """
The shared cluster saves the bootstrap and termination of the other clusters. It saves less the
longer the steps are, and more the slower the clusters are. For slower clusters, the ratio is
computed from the measured steps and pauses:

"""
BREAK_EVEN = """
At {seconds:.0f} s of bootstrap and termination per cluster, the ratio would be 40%.
"""
FAULTS = """\
### Faults found in PipesEMRClient

```
.venv/bin/python -m benchmarks.pipes_faults
```

shows the first four on the emulator, with steps that sleep or fail. Observed with dagster-aws
0.29.27.

- A step can be too short: if its cluster starts terminating between two polls, which are 30 s
  apart, the asset fails although the step succeeded.
- A step that fails with `ActionOnFailure` CONTINUE leaves the asset green: the client checks the
  cluster, not the step.
- A step that fails with TERMINATE_CLUSTER fails the asset, but the error says only that the
  cluster is TERMINATED_WITH_ERRORS.
- If the user has a `spark-defaults` classification, the properties that carry Pipes' parameters
  to YARN's application master are dropped silently. Spark here runs in client mode, which does
  not need them.
- It notices the end only when a poll finds the cluster terminated, and then reads logs.
- It waits at most 30 minutes (60 polls, 30 s apart) for a cluster to terminate; a longer job
  fails the asset. This limit is in botocore's waiter, and was not run here.
"""


def section(
    ours: Measurement,
    theirs: Measurement,
    *,
    speed: float,
    same_figures: bool,
    minutes: float,
    load: float,
) -> str:
    """Return the whole section.

    Args:
        speed: of the emulated clock.
        same_figures: whether the jobs of both computed the same metrics.
        minutes: how long the benchmark took.
        load: of the machine when it started.
    """
    options = "" if speed == 1 else f" --speed {speed:g}"
    parts = (
        HEAD.format(
            command=f".venv/bin/python -m benchmarks.emr{options}",
            date=today(),
            machine=machine(),
            versions=versions(),
            minutes=minutes,
            load=load,
        ),
        SETTING.format(speed=speed),
        "### Figures\n",
        "The metrics of both are the same.\n"
        if same_figures
        else "THE METRICS OF BOTH DIFFER, SO THEIR FIGURES CAN'T BE COMPARED.\n",
        _figures(ours, theirs),
        "### Targets\n",
        _targets(ours, theirs),
        "### Where the instance-seconds go\n",
        _phases(ours, theirs),
        _slower_clusters(ours, theirs),
        "### Calls\n",
        _calls(ours, theirs),
        FAULTS,
    )
    return "\n".join(parts).rstrip()


def _figures(ours: Measurement, theirs: Measurement) -> str:
    rows = [
        ("clusters started", f"{ours.clusters}", f"{theirs.clusters}"),
        ("billed instance-seconds", f"{ours.billed:.0f}", f"{theirs.billed:.0f}"),
        ("ratio", _percent(ours.billed, theirs.billed), "100%"),
        ("wall time of the run", f"{ours.wall:.0f} s", f"{theirs.wall:.0f} s"),
        ("seconds that the steps ran", _listed(ours.steps), _listed(theirs.steps)),
        ("of these, seconds that the jobs ran", _listed(ours.jobs.values()),
         _listed(theirs.jobs.values())),
        ("from a job's commit to its materialization, median",
         f"{median(ours.delays.values()):.1f} s", f"{median(theirs.delays.values()):.1f} s"),
        ("the same, maximum", f"{max(ours.delays.values()):.1f} s",
         f"{max(theirs.delays.values()):.1f} s"),
    ]  # fmt: skip
    delays = ", ".join(f"{asset} {delay:+.1f} s" for asset, delay in ours.delays.items())
    return markdown_table(("", *CONTESTANTS), rows) + DELAYS.format(delays=delays)


def _targets(ours: Measurement, theirs: Measurement) -> str:
    share, delay = ours.billed / theirs.billed, max(ours.delays.values())
    rows = [
        ("1 cluster against 3", f"{ours.clusters} against {theirs.clusters}",
         _verdict(is_met=ours.clusters == 1 and theirs.clusters == 3)),
        ("at most 40% of the billed instance-seconds", _percent(ours.billed, theirs.billed),
         _verdict(is_met=share <= TARGET_SHARE)),
        ("a job's commit is seen within 5 s", f"{delay:.1f} s at most",
         _verdict(is_met=delay <= 5)),
    ]  # fmt: skip
    return markdown_table(("target", "measured", ""), rows)


def _phases(ours: Measurement, theirs: Measurement) -> str:
    rows = [(phase, f"{ours.phases[phase]:.0f}", f"{theirs.phases[phase]:.0f}") for phase in PHASES]
    return markdown_table(("instance-seconds", *CONTESTANTS), rows)


def _slower_clusters(ours: Measurement, theirs: Measurement) -> str:
    """Return the ratio if bootstrap and termination were as slow as they may be on EMR."""

    def billed(measurement: Measurement, seconds: float) -> float:
        return measurement.billed - measurement.overhead + seconds * measurement.instances

    seconds_here = ours.overhead / ours.instances
    measured = (f"{seconds_here:.0f} s, as measured", _percent(ours.billed, theirs.billed))
    computed = [
        (f"{seconds} s", _percent(billed(ours, seconds), billed(theirs, seconds)))
        for seconds in SLOWER_CLUSTERS
    ]
    header = ("bootstrap and termination of a cluster", "ratio")
    return SLOWER + markdown_table(header, [measured, *computed]) + _break_even(ours, theirs)


def _break_even(ours: Measurement, theirs: Measurement) -> str:
    """Return how slow clusters would have to be for the target; empty if it is met."""
    if ours.billed <= TARGET_SHARE * theirs.billed:
        return ""
    excess = (ours.billed - ours.overhead) - TARGET_SHARE * (theirs.billed - theirs.overhead)
    saved_per_second = TARGET_SHARE * theirs.instances - ours.instances
    if saved_per_second <= 0:
        return ""
    return BREAK_EVEN.format(seconds=excess / saved_per_second)


def _calls(ours: Measurement, theirs: Measurement) -> str:
    """Return the number of the orchestrator's calls by operation."""
    operations = sorted({*ours.emr_calls, *theirs.emr_calls})
    rows = [
        (name, str(ours.emr_calls.get(name, 0)), str(theirs.emr_calls.get(name, 0)))
        for name in operations
    ]
    rows.append(("S3, all together", str(ours.s3_calls), str(theirs.s3_calls)))
    return markdown_table(("operation", *CONTESTANTS), rows)


def _listed(seconds: Iterable[float]) -> str:
    return ", ".join(f"{each:.0f}" for each in seconds)


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f}%"


def _verdict(*, is_met: bool) -> str:
    return "met" if is_met else "missed"
