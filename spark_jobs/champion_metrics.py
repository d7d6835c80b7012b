"""Score the test split of the newest data with the champion, and measure the predictions."""

from spark_jobs.metrics import run

if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
