"""Trains on the sample, for Java to see which classes that takes: `set_up.py` submits it to Spark.

Java leaves them in an archive when it ends, and starts faster with it from then on.
"""

import sys

import dagster as dg

from emr_ml.whole_graph import job_of_everything

with dg.DagsterInstance.ephemeral() as instance:
    done = job_of_everything().execute_in_process(instance=instance, raise_on_error=False)
    sys.exit(0 if done.success else 1)
