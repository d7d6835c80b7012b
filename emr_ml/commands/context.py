"""What commands share: settings, the lake, and errors as messages."""

from collections.abc import Generator
from contextlib import contextmanager

import click

from emr_ml.aws import time_limits
from emr_ml.errors import user_message
from emr_ml.settings import Settings, load_settings
from emr_ml.stack import with_stack
from emr_ml.wording import escape_control_characters
from spark_jobs.runtime.lake import Lake, open_lake


@contextmanager
def errors_as_messages(lake: str | None = None) -> Generator[None]:
    """End the command with a message instead of a stack trace if the block meets a user error.

    Args:
        lake: root of the lake that the block uses, if it uses one.
    """
    try:
        yield
    except Exception as error:
        message = user_message(error, lake)
        if message is None:
            raise
        raise click.ClickException(escape_control_characters(message)) from error


def configured_settings() -> Settings:
    """Return the settings, completed by the outputs of the stack if one is set.

    Raises:
        SettingsError: a variable or the stack can't be used.
    """
    return with_stack(load_settings(), time_limits.COMMAND)


@contextmanager
def configured_lake(prefix: str = "") -> Generator[Lake]:
    """Open the configured lake, and end the command with a message if the block can't use it.

    Args:
        prefix: of a pipeline whose part of the lake is wanted, such as `shop/churn`.
    """
    with errors_as_messages():
        root = configured_settings().lake
    with errors_as_messages(root):
        lake = open_lake(root)
        yield lake.below(prefix.strip("/")) if prefix.strip("/") else lake
