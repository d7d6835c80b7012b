"""Trains on the sample, for Java to see which classes that takes: `set_up.py` submits it to Spark.

Java leaves them in an archive when it ends, and starts faster with it from then on.
"""

import sys

import dagster as dg

from emr_ml.commands.run import everything_job_definition

# what comes after them needs little more
KEYS = [dg.AssetKey(name) for name in ("raw_csv_s3", "processed_dataset", "lr_model", "metrics")]

with dg.DagsterInstance.ephemeral() as instance:
    job = everything_job_definition()
    done = job.execute_in_process(instance=instance, asset_selection=KEYS, raise_on_error=False)
    sys.exit(0 if done.success else 1)
