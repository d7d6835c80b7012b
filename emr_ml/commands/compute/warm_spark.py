"""What is shown of the Spark that is kept warm on this machine."""

from collections.abc import Iterator

import click

from emr_ml.commands.compute.rows import Row
from emr_ml.wording import duration


def show_warm_spark() -> None:
    """Print which Spark is kept warm on this machine, unless there is none."""
    for row in warm_spark_rows():
        if "problem" in row:
            click.echo(row["problem"], err=True)
            continue
        if row["used_by_process"]:
            used = f"used by the run in process {row['used_by_process']}"
        else:
            left = duration(row["seconds_left"])
            used = f"ends in {left} without a run; `emr-ml stop` ends it now"
        click.echo(f"{row['warm_spark']:<8} warm Spark on this machine, {used}")


def warm_spark_rows() -> Iterator[Row]:
    """Yield the warm Spark, if there is one: its process, its run's, and the seconds it has."""
    from emr_ml.warm.channel import WarmError
    from emr_ml.warm.client import holder_state

    try:
        state = holder_state()
    except WarmError as error:
        yield {"warm_spark": None, "problem": str(error)}
        return
    if state:
        yield {
            "warm_spark": state["java"],
            "used_by_process": state["run"] or None,
            "seconds_left": state["seconds_left"],
        }
