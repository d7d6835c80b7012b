"""`emr-ml doctor`: is everything in place?"""

import sys

import click


@click.command()
def doctor() -> None:
    """Check the set-up line by line: good, or bad with what to do; exit code 1 if any is bad."""
    # the checks import boto3 and pyspark, which takes a second
    from emr_ml.doctor.runner import findings

    bad = 0
    for finding in findings():
        click.echo(finding.line)
        bad += not finding.good
    if bad:
        click.echo(f"\n{bad} bad: see the fix in each line, then run `emr-ml doctor` again")
    sys.exit(1 if bad else 0)
