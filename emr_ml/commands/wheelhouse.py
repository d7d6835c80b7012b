"""`emr-ml wheelhouse`: upload the Python packages of the nodes to the lake."""

import click

from emr_ml.commands.context import configured_settings, errors_as_messages
from emr_ml.wording import file_size

PYTHONS = ("3.11", "3.12", "3.13")
ARCHS = ("x86_64", "aarch64")


@click.command()
@click.option(
    "--arch",
    type=click.Choice(ARCHS),
    default=ARCHS[0],
    show_default=True,
    help="The processor architecture of the nodes.",
)
@click.option(
    "--python",
    type=click.Choice(PYTHONS),
    default=PYTHONS[0],
    show_default=True,
    help="The Python version of the nodes.",
)
def wheelhouse(arch: str, python: str) -> None:
    """Upload the nodes' Python packages to the lake, for subnets that can't reach a package index.

    Run it once for each architecture and Python version of your nodes. Clusters install from there
    with `packages: wheelhouse` in the cluster configuration.
    """
    # these imports take half a second, and other commands need none of them
    from emr_ml.aws.client import CALL_ERRORS
    from emr_ml.aws.problems import diagnose
    from emr_ml.launchers.emr.shipping.wheelhouse import (
        build_wheelhouse,
        has_wheels,
        wheelhouse_key,
    )
    from emr_ml.launchers.remote.wheels import Platform, read_requirements
    from spark_jobs.runtime.lake import open_lake

    with errors_as_messages():
        address = configured_settings().lake
        if not address.startswith("s3://"):
            raise click.ClickException(
                f"the lake is {address}, which nodes can't read: set EMR_ML_LAKE to an s3:// "
                "address"
            )
        requirements, platform = read_requirements(), Platform(python, arch)
        try:
            lake = open_lake(address)
            folder = f"{lake.uri(wheelhouse_key(requirements))}/{platform.folder}"
            if has_wheels(lake, requirements, platform):
                click.echo(f"{folder} is complete already")
                return
            click.echo(f"downloading wheels for Python {python} on {arch}")
            wheels = build_wheelhouse(lake, requirements, platform)
        except CALL_ERRORS as error:
            raise click.ClickException(
                f"the lake {address} can't be written to: {diagnose(error)}"
            ) from error
    for name, size in wheels.items():
        click.echo(f"  {name}  {file_size(size)}")
    click.echo(f"{len(wheels)} wheels, {file_size(sum(wheels.values()))}: {folder}")
