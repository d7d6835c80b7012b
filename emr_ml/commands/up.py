"""`emr-ml up`: all that is needed in an AWS account."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from emr_ml.commands.context import errors_as_messages
from emr_ml.settings import load_settings
from emr_ml.stack.template import parameters, rendered

if TYPE_CHECKING:
    from emr_ml.stack.context import StackContext


def _template_options(command: Callable[..., None]) -> Callable[..., None]:
    """An option for each parameter of the template."""
    for each in reversed(parameters()):
        default = "" if each.default is None else f"  [default: {each.default or 'empty'}]"
        click.option(
            each.option,
            each.name,
            type=click.Choice(each.allowed) if each.allowed else str,
            help=each.description + default,
        )(command)
    return command


@click.command()
@click.option("--stack", help="Its name; EMR_ML_STACK if not given, or else emr-ml.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--template", is_flag=True, help="Print the finished template, and do nothing.")
@_template_options
def up(*, stack: str | None, yes: bool, template: bool, **given: str | None) -> None:
    """Deploy the stack: bucket, private network, roles, encryption, notices. No cluster.

    What would change is shown first. Options that are not given stay as they were, or as by
    default. A deployment that fails is rolled back. Run it again to bring a stack up to date.
    """
    if template:
        click.echo(rendered(), nl=False)
        return
    chosen = {name: value for name, value in given.items() if value is not None}
    with errors_as_messages():
        from emr_ml.stack.context import find_stack_context
        from emr_ml.stack.deployment import complete

        place = find_stack_context(load_settings(), stack)
        _deploy(place, chosen, ask=not yes)
        for line in complete(place):
            click.echo(line)
    click.echo(f"next         EMR_ML_STACK={place.stack} AWS_REGION={place.region} make run")


def _deploy(place: "StackContext", given: dict[str, Any], *, ask: bool) -> None:
    from emr_ml.stack.change_set import discard
    from emr_ml.stack.deployment import carry_out, comes_to_nothing, work_out

    for line in comes_to_nothing(place, given):
        click.echo(f"ignored      {line}")
    changes = work_out(place, given)
    if changes is None:
        click.echo(f"stack {place.stack} in {place.region} is up to date: nothing to change")
        return
    click.echo(f"stack {place.stack} in {place.region}:")
    for change in changes.changes:
        click.echo(f"  {change.line}")
    if ask and not click.confirm(f"make these {len(changes.changes)} changes?"):
        discard(place.cfn, changes)
        raise click.ClickException("nothing was changed")
    for event in carry_out(place, changes):
        click.echo(event.line)
