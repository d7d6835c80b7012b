"""The settings and the lake that are set, and errors in plain words."""

from collections.abc import Generator
from contextlib import contextmanager

import click

from emr_ml.errors import is_aws_error
from emr_ml.lake.champion import MODEL
from emr_ml.lake.usage import mark_used
from emr_ml.settings import Settings, SettingsError, load_settings
from emr_ml.stack import with_stack
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import read_report

PATIENCE_SECONDS = 30.0


def configured_settings() -> Settings:
    """The settings, with what the stack gives if one is set.

    Raises:
        SettingsError: a variable or the stack can't be used.
    """
    return with_stack(load_settings(), PATIENCE_SECONDS)


@contextmanager
def configured_lake() -> Generator[Lake]:
    """The lake that is set; what goes wrong with it in this block ends the command."""
    try:
        yield open_lake(configured_settings().lake)
    except (SettingsError, JobError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise click.ClickException(f"{what}. Check EMR_ML_LAKE, its rights and its disk") from error
    except Exception as error:
        if not is_aws_error(error):
            raise
        raise click.ClickException(
            f"AWS said: {error}. Check EMR_ML_LAKE, credentials, region and endpoint"
        ) from error


def check_model(lake: Lake, version: str) -> None:
    """Raises JobError if that version of lr_model is not in the lake; if it is, it stays there."""
    mark_used(lake, f"{MODEL}/{version}")
    committed = read_report(lake, MODEL, version)
    if committed is None:
        raise JobError(
            f"{MODEL} {version} is gone from {lake.root}: make another version champion with "
            "`emr-ml promote VERSION`"
        )
    for asset, each in committed.report.inputs.items():
        mark_used(lake, f"{asset}/{each}")


@contextmanager
def aws_errors_as_messages() -> Generator[None]:
    """What goes wrong in this block ends the command with a message and no trace."""
    # these imports take half a second, and other commands need none of them
    from boto3.exceptions import Boto3Error

    from emr_ml.aws.client import AWS_ERRORS
    from emr_ml.aws.problems import diagnose
    from emr_ml.launchers.emr.shipping.wheels import WheelhouseError

    try:
        yield
    except (SettingsError, WheelhouseError, Boto3Error) as error:
        raise click.ClickException(str(error)) from error
    except AWS_ERRORS as error:
        raise click.ClickException(str(diagnose(error))) from error
