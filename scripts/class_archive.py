"""Trains on the sample data, so that Java loads the classes that a run needs.

`set_up.py` submits it to Spark. Java writes the loaded classes into an archive when it exits, and
starts faster with the archive afterwards.
"""

import sys

import dagster as dg

from emr_ml.commands.full_run import everything_job_definition

# the assets after them need few more classes
KEYS = [dg.AssetKey(name) for name in ("raw_csv_s3", "processed_dataset", "lr_model", "metrics")]

with dg.DagsterInstance.ephemeral() as instance:
    job = everything_job_definition()
    done = job.execute_in_process(instance=instance, asset_selection=KEYS, raise_on_error=False)
    sys.exit(0 if done.success else 1)
