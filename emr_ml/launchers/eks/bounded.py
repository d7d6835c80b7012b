"""Runs a script of a job with a time limit: `spark-submit bounded.py SECONDS SCRIPT ARGUMENT…`.

StartJobRun of EMR on EKS has no time limit. The kernel ends this process by SIGALRM, whatever it is
doing, and Spark ends with it: that needs no launcher that still runs.
"""

import runpy
import signal
import sys

if __name__ == "__main__":
    signal.alarm(int(sys.argv.pop(1)))
    # the script is among Spark's Python files, so it is a module
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
