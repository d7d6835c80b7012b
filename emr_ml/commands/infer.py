"""`emr-ml infer`: a first contract for a file."""

import click

from emr_ml.ui.wording import escape_control_characters


@click.command()
@click.argument("file")
@click.option("--label", metavar="COLUMN", help="the column to predict; guessed if not given")
def infer(file: str, label: str | None) -> None:
    """Print a first contract for FILE, a CSV or Parquet file on this machine or in S3.

    It is inferred from some of the rows, however large the file is. Each guess has its reason
    beside it. Only the contract goes to the standard output.
    """
    from emr_ml.infer import infer as inferred
    from emr_ml.sources.listing import SourceError

    try:
        text, found = inferred(file, label)
    except SourceError as error:
        raise click.ClickException(escape_control_characters(str(error))) from error
    click.echo(text, nl=False)
    if found.target is None:
        click.echo(
            "note: no label was found, so nothing can be trained: name one with --label", err=True
        )
