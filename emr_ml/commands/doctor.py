"""`emr-ml doctor`: check the set-up."""

import sys

import click


@click.command()
def doctor() -> None:
    """Check the set-up: a line per check, good, or bad with a fix; exit code 1 if any is bad.

    A check that can't be made says `skip`, and why.
    """
    # the checks import boto3 and pyspark, which takes a second
    from emr_ml.doctor.runner import run_checks

    failures = skipped = 0
    for finding in run_checks():
        click.echo(finding.line)
        failures += not finding.passed
        skipped += finding.verdict == "skip"
    if skipped:
        click.echo(f"\n{skipped} not checked, see the reasons")
    if failures:
        click.echo(f"\n{failures} bad: apply the fix in each line, then run `emr-ml doctor` again")
    sys.exit(1 if failures else 0)
