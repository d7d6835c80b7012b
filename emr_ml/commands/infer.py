"""`emr-ml infer`: draft a contract for a file."""

import click


@click.command()
@click.argument("file")
@click.option("--label", metavar="COLUMN", help="The column to predict; by default it is guessed.")
def infer(file: str, label: str | None) -> None:
    """Print a draft contract for FILE: CSV, JSON or Parquet, or a folder of them, local or in S3.

    It is inferred from a sample of the rows, however large the file is. A comment gives the reason
    for each guess. Only the contract goes to standard output.
    """
    from emr_ml.commands.context import errors_as_messages
    from emr_ml.infer import infer_contract, misfit

    with errors_as_messages():
        text, profile = infer_contract(file, label)
    click.echo(text, nl=False)
    if problem := misfit(profile):
        click.echo(f"note: {problem}", err=True)
    if profile.label is None:
        click.echo(
            "note: no label was found, so no model can be trained: choose one with --label",
            err=True,
        )
