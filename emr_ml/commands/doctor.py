"""`emr-ml doctor`: check the set-up."""

import sys

import click


@click.command()
def doctor() -> None:
    """Check the set-up: a line per check, good or bad with a fix; exit code 1 if any is bad."""
    # the checks import boto3 and pyspark, which takes a second
    from emr_ml.doctor.runner import run_checks

    failures = 0
    for finding in run_checks():
        click.echo(finding.line)
        failures += not finding.passed
    if failures:
        click.echo(f"\n{failures} bad: apply the fix in each line, then run `emr-ml doctor` again")
    sys.exit(1 if failures else 0)
