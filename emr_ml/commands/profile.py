"""`emr-ml profile`: what is in a file."""

from pathlib import Path

import click

from emr_ml.commands.output import as_json_option, print_json


@click.command()
@click.argument("file")
@click.option("--label", metavar="COLUMN", help="The column to predict; by default it is guessed.")
@click.option("--html", metavar="FILE", help="Write an HTML page to this file instead.")
@as_json_option
def profile(file: str, label: str | None, html: str | None, *, as_json: bool) -> None:
    """Show what `emr-ml infer` sees in FILE: kind, missing and distinct values of each column.

    Only a sample of the rows is read, however large the file is.
    """
    if html and as_json:
        raise click.UsageError("--html writes a page, --json prints JSON: give one of them")
    from emr_ml.commands.context import errors_as_messages
    from emr_ml.infer.files import find_file
    from emr_ml.infer.overview import as_html, as_json_values, as_text
    from emr_ml.infer.profile import profile_file
    from emr_ml.wording import escape_control_characters

    with errors_as_messages():
        found = profile_file(find_file(file), label)
        if html:
            Path(html).write_text(as_html(found), encoding="utf-8")
            click.echo(f"written to {html}")
            return
    if as_json:
        print_json(as_json_values(found))
        return
    for line in as_text(found).splitlines():
        click.echo(escape_control_characters(line))
