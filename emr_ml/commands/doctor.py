"""`emr-ml doctor`: check the set-up."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from emr_ml.commands.output import as_json_option, print_json, state

if TYPE_CHECKING:
    from emr_ml.doctor.finding import Finding


@click.command()
@as_json_option
def doctor(*, as_json: bool) -> None:
    """Check the set-up: a line per check, good, or bad with a fix; exit code 1 if any is bad.

    A check that can't be made says `skip`, and why.
    """
    # the checks import boto3 and pyspark, which takes a second
    from emr_ml.doctor.runner import run_checks

    found: list[Finding] = []
    for finding in run_checks():
        found.append(finding)
        if not as_json:
            click.echo(finding.line.replace(finding.verdict, state(finding.verdict), 1))
    failures = sum(not each.passed for each in found)
    if as_json:
        kept = ("name", "verdict", "text", "fix")
        print_json([{name: asdict(each)[name] for name in kept} for each in found])
    elif skipped := sum(each.verdict == "skip" for each in found):
        click.echo(f"\n{skipped} not checked, see the reasons")
    if failures and not as_json:
        click.echo(f"\n{failures} bad: apply the fix in each line, then run `emr-ml doctor` again")
    sys.exit(1 if failures else 0)
