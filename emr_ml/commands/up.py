"""`emr-ml up`: deploy the stack."""

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from emr_ml.commands.context import errors_as_messages
from emr_ml.settings import Deployment, Settings, load_settings
from emr_ml.stack.template import Parameter, render_template, user_parameters
from emr_ml.wording import file_size

if TYPE_CHECKING:
    from emr_ml.stack.context import StackContext


# what most people decide on; `--help` does not show the others
USUAL = ("--deployment", "--bucket", "--nat", "--alert-email", "--monthly-budget")


class TemplateOption(click.Option):
    """An option for a parameter of the template; `--help` has its first sentence, if at all."""

    def __init__(self, parameter: Parameter) -> None:
        summary, _, rest = parameter.description.partition(". ")
        default = (
            "" if parameter.default is None else f"  [default: {parameter.default or 'empty'}]"
        )
        super().__init__(
            [parameter.option, parameter.name],
            type=click.Choice(parameter.allowed) if parameter.allowed else str,
            metavar=parameter.option.rpartition("-")[2].upper(),
            help=f"{summary}." if rest else summary,
            hidden=parameter.option not in USUAL,
        )
        self._whole = parameter.description + default

    def shown_whole(self) -> click.Option:
        """Return the option as one whose help has all of its description, values and default."""
        whole = copy.copy(self)
        whole.hidden, whole.help, whole.metavar = False, self._whole, None
        return whole


def with_all_options(command: click.Command) -> click.Command:
    """Return the command as one whose help shows all options."""
    whole = copy.copy(command)
    whole.params = [
        each.shown_whole() if isinstance(each, TemplateOption) else each for each in command.params
    ]
    return whole


def _show_all_options(ctx: click.Context, _: click.Parameter, is_given: bool) -> None:
    if not is_given:
        return
    click.echo(with_all_options(ctx.command).get_help(ctx))
    ctx.exit()


@click.command()
@click.option("--stack", help="Name of the stack; else EMR_ML_STACK or emr-ml.")
@click.option("--yes", is_flag=True, help="Do not ask before changes are made.")
@click.option("--template", is_flag=True, help="Only print the rendered template.")
@click.option(
    "--all-options",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_all_options,
    help="Show all options, with their defaults.",
)
def up(*, stack: str | None, yes: bool, template: bool, **options: str | None) -> None:
    """Deploy the stack: bucket, roles, alerts and network; no cluster.

    The changes are shown first. An option that you omit keeps its deployed value or its default. A
    failed deployment is rolled back. Run the command again to update the stack.
    """
    if template:
        click.echo(render_template(), nl=False)
        return
    parameters = {name: value for name, value in options.items() if value is not None}
    with errors_as_messages():
        from emr_ml.stack.context import find_stack_context

        settings = load_settings()
        context = find_stack_context(settings, stack)
        _deploy(context, parameters, _defaults(settings), ask=not yes)
        for line in _finish(context):
            click.echo(line)


up.params += map(TemplateOption, user_parameters())


def _defaults(settings: Settings) -> dict[str, str]:
    """Return the parameters of a new stack that follow from the settings."""
    if settings.deployment is Deployment.EMR_SERVERLESS:
        return {"Deployment": settings.deployment}
    return {}


def _deploy(
    context: "StackContext", parameters: dict[str, str], defaults: dict[str, str], *, ask: bool
) -> None:
    from emr_ml.stack.deployment import (
        apply_change_set,
        discard_change_set,
        ignored_parameters,
        plan_deployment,
    )

    for line in ignored_parameters(context, parameters):
        click.echo(f"ignored      {line}")
    change_set = plan_deployment(context, parameters, defaults)
    if change_set is None:
        click.echo(f"stack {context.stack} in {context.region} is up to date")
        return
    click.echo(f"stack {context.stack} in {context.region}:")
    for change in change_set.changes:
        click.echo(f"  {change.line}")
    if ask and not click.confirm(f"make these {len(change_set.changes)} changes?"):
        discard_change_set(context, change_set)
        raise click.ClickException("nothing was changed")
    for event in apply_change_set(context, change_set):
        click.echo(event.line)


def _finish(context: "StackContext") -> Iterator[str]:
    """Complete the deployed stack, and yield a line for each thing that was done or exists."""
    from emr_ml.stack.deployment import finish_deployment
    from emr_ml.stack.outputs import has_clusters, read_outputs

    outputs = read_outputs(context.cfn, context.stack)
    yield from finish_deployment(context, outputs)
    if outputs.get("Packages") == "wheelhouse":
        yield from _upload_packages(outputs["Lake"])
    yield f"lake         {outputs['Lake']}"
    policies = outputs["LauncherPolicies"].replace(",", " and ")
    yield f"permissions  attach these policies to the user or role that runs Dagster: {policies}"
    target = "" if has_clusters(outputs) else f"EMR_ML_DEPLOYMENT={Deployment.EMR_SERVERLESS} "
    stack = f"EMR_ML_STACK={context.stack} AWS_REGION={context.region}"
    yield f"next         {target}{stack} make run"


def _upload_packages(lake_address: str) -> Iterator[str]:
    """Upload the Python packages of the nodes to the lake, unless it has them."""
    from emr_ml.launchers.emr.shipping.wheelhouse import build_wheelhouse, has_wheels
    from emr_ml.launchers.remote.wheels import RELEASE_PYTHON, Platform, read_requirements
    from spark_jobs.runtime.lake import open_lake

    # the default instance types; `emr-ml wheelhouse` uploads packages for others
    platform = Platform(RELEASE_PYTHON, "x86_64")
    lake, requirements = open_lake(lake_address), read_requirements()
    if has_wheels(lake, requirements, platform):
        yield f"packages     for {platform.folder} are in the lake"
        return
    yield f"packages     downloading those for {platform.folder}"
    wheels = build_wheelhouse(lake, requirements, platform)
    yield f"packages     {len(wheels)} wheels, {file_size(sum(wheels.values()))}, uploaded"
