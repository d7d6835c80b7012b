"""The lake that is set, for commands that look into it, and its errors in plain words."""

from collections.abc import Generator
from contextlib import contextmanager

import click

from emr_ml.aws_errors import is_aws_error
from emr_ml.champions.record import MODEL
from emr_ml.settings import Settings, SettingsError, load_settings
from emr_ml.stack import with_stack
from emr_ml.uses import use
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import read_report

PATIENCE_SECONDS = 30.0


def settings_that_are_set() -> Settings:
    """The settings, with what the stack gives if one is set.

    Raises:
        SettingsError: a variable or the stack can't be used.
    """
    return with_stack(load_settings(), PATIENCE_SECONDS)


@contextmanager
def lake_that_is_set() -> Generator[Lake]:
    """The lake that is set; what goes wrong with it in this block ends the command."""
    try:
        yield open_lake(settings_that_are_set().lake)
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
    use(lake, f"{MODEL}/{version}")
    committed = read_report(lake, MODEL, version)
    if committed is None:
        raise JobError(
            f"{MODEL} {version} is gone from {lake.root}: make another version champion with "
            "`emr-ml promote VERSION`"
        )
    for asset, each in committed.report.inputs.items():
        use(lake, f"{asset}/{each}")
