"""`emr-ml wheelhouse`: the nodes' Python packages, into the lake."""

import click

from emr_ml.commands.context import configured_settings

PYTHONS = ("3.11", "3.12", "3.13")
ARCHS = ("x86_64", "aarch64")


@click.command()
@click.option("--arch", type=click.Choice(ARCHS), default=ARCHS[0], show_default=True)
@click.option(
    "--python",
    type=click.Choice(PYTHONS),
    default=PYTHONS[0],
    show_default=True,
    help="The Python of the nodes.",
)
def wheelhouse(arch: str, python: str) -> None:
    """Put the nodes' Python packages into the lake, for subnets without a way to a package index.

    Run it once for each processor and Python of your nodes; clusters take from it with
    `packages: wheelhouse` in the cluster configuration.
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    from emr_ml.launchers.emr.shipping.wheels import (
        Platform,
        WheelhouseError,
        build_wheelhouse,
        has_wheels,
        read_requirements,
        wheelhouse_key,
    )
    from emr_ml.settings import SettingsError
    from spark_jobs.runtime.lake import open_lake

    try:
        root = configured_settings().lake
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    if not root.startswith("s3://"):
        raise click.ClickException(
            f"the lake is {root}, which nodes can't read: set EMR_ML_LAKE to an s3:// address"
        )
    wanted, platform = read_requirements(), Platform(python, arch)
    try:
        lake = open_lake(root)
        where = f"{lake.uri(wheelhouse_key(wanted))}/{platform.folder}"
        if has_wheels(lake, wanted, platform):
            click.echo(f"{where} is complete already")
            return
        click.echo(f"downloading wheels for Python {python} on {arch}")
        wheels = build_wheelhouse(lake, wanted, platform)
    except WheelhouseError as error:
        raise click.ClickException(str(error)) from error
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise click.ClickException(
            f"the lake {root} can't be written to: {error}\n"
            "check the bucket's name, AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL"
        ) from error
    for name, size in wheels.items():
        click.echo(f"  {name}  {size / 1e6:.1f} MB")
    click.echo(f"{len(wheels)} wheels, {sum(wheels.values()) / 1e6:.1f} MB: {where}")
