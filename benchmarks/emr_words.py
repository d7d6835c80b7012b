"""What stands around the figures of the EMR benchmark."""

HEAD = """\
## On EMR, beside PipesEMRClient

Three Spark jobs of the product (`processed_dataset`, `lr_model`, `metrics`) on the sample data:
once by our launcher, once by `PipesEMRClient` of dagster-aws. EMR is the emulator of our tests.
This was not measured on Amazon's EMR.

```
{command}
```

repeats it, and replaces this section. The Makefile has it as `bench-emr`. It took {minutes:.0f}
minutes.

- {date}; {machine}; load {load:.1f} at the beginning
- {versions}
"""

SETTING = """\
### What is the same

Both are runs of a Dagster job in processes of their own, one after the other, against one emulated
AWS. Instance fleets (one primary, one core), release, roles, bootstrap action, code archive and the
command of each step are the same: for `PipesEMRClient` they are copied from what our launcher asked
for, with another bucket. So are the requests of the jobs. Bootstrap, `spark-submit` and Spark's S3
connector are real.

The emulator has its default delays: 120 s until there are instances, at least 30 s of bootstrap,
5 s until a step is picked up, 40 s of ending. It bills an instance by the second, from its start to
its cluster's end. Its clock goes at {speed:g} times the true speed. With more than 1, the
30 s between two looks of `PipesEMRClient`, our pauses and the steps would weigh more than on EMR.

### What is not

- Our launcher: one run of `training_job`, with an idle timeout of {idle} s and all else by default,
  also the pace of 3 s. The snapshot of the source is made in this run.
- `PipesEMRClient`: an asset for each job, a cluster for each asset, one step in it,
  `KeepJobFlowAliveWhenNoSteps` false, `ActionOnFailure` TERMINATE_CLUSTER. Our jobs need a claim
  and a request to begin. These, code and bootstrap script are put into its bucket before the run;
  neither the time nor the calls of that are counted. Its step runs a script of a few lines that
  opens Dagster Pipes and calls the same job, so that the client gets the job's messages.
- It needs a patch to be comparable: it looks every 5 s, not every 30 s, whether a starting cluster
  runs. The end of this section says why.
"""

LAGS = """
Our run reads the job's report, which the job writes before Spark shuts down. So it may know of the
end before EMR does. Ours in turn: {each}.
"""

SLOWER_SAYS = """
The shared cluster saves bootstrap and ending of the others, and costs the idle time. The longer the
steps, the less it saves; the slower the clusters, the more. With the steps, pauses and idle time
that were measured, the ratio is computed for slower clusters:

"""

BREAK_EVEN = """
{least:.0f} s of bootstrap and ending for each cluster would bring it to 40 %.
"""

FAULTS = """\
### What showed up in PipesEMRClient

```
.venv/bin/python -m benchmarks.pipes_faults
```

shows the first four on the emulator, with steps that sleep or fail. Seen with dagster-aws 0.29.27.

- A step may be too short: if its cluster begins to end between two looks, which are 30 s apart,
  the asset fails, though the step succeeded.
- A step that fails with `ActionOnFailure` CONTINUE leaves the asset green: the client looks at the
  cluster, not at the step.
- A step that fails with TERMINATE_CLUSTER fails the asset, but the error says only that the cluster
  is TERMINATED_WITH_ERRORS.
- With a `spark-defaults` classification of the user's own, the properties that carry Pipes'
  parameters to YARN's application master are dropped without a word. Spark here runs in client
  mode, which does not need them.
- It knows of the end when it finds the cluster ended at one of its looks, and then reads logs.
- It waits for 30 minutes at most (60 looks, 30 s apart) for a cluster to end: a longer job fails
  the asset. This is in botocore's waiter, and was not run here.
"""
