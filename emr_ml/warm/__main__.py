"""`python -m emr_ml.warm <number of a listening socket>`: a daemon that holds a warm JVM."""

import os
import sys

if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # whoever started this process need not wait for it
    from emr_ml.warm.holder import hold  # it imports pyspark

    hold(int(sys.argv[1]))
