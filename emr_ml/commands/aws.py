"""What goes wrong with AWS, in plain words, for commands that change something there."""

from collections.abc import Generator
from contextlib import contextmanager

import click

from emr_ml.settings import SettingsError


@contextmanager
def aws_in_plain_words() -> Generator[None]:
    """What goes wrong in this block ends the command with a message and no trace."""
    # these imports take half a second, and other commands need none of them
    from boto3.exceptions import Boto3Error

    from emr_ml.launchers.emr.access import trouble_of
    from emr_ml.launchers.emr.api import AWS_ERRORS
    from emr_ml.launchers.emr.shipping.wheels import WheelhouseError

    try:
        yield
    except (SettingsError, WheelhouseError, Boto3Error) as error:
        raise click.ClickException(str(error)) from error
    except AWS_ERRORS as error:
        raise click.ClickException(str(trouble_of(error))) from error
