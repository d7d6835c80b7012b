"""Runs the job of any module: `spark-submit run_module.py MODULE REQUEST`."""

import sys

from spark_jobs.runtime.execution import job_function
from spark_jobs.runtime.submit import main

if __name__ == "__main__":
    main(job_function(sys.argv.pop(1)), __doc__)
