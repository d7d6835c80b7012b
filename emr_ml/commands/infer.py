"""`emr-ml infer`: a first contract for a file."""

import click

from emr_ml.commands.context import errors_as_messages


@click.command()
@click.argument("file")
@click.option("--label", metavar="COLUMN", help="The column to predict; by default it is guessed.")
def infer(file: str, label: str | None) -> None:
    """Print a first contract for FILE, a CSV or Parquet file on this machine or in S3.

    It is inferred from a sample of the rows, however large the file is. Each guess has its reason
    beside it. Only the contract is printed to the standard output.
    """
    from emr_ml.infer import infer as infer_contract

    with errors_as_messages():
        text, findings = infer_contract(file, label)
    click.echo(text, nl=False)
    if findings.target is None:
        click.echo(
            "note: no label was found, so no model can be trained: set one with --label", err=True
        )
