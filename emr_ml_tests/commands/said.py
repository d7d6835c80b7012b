"""What a command says."""

from click import Command
from click.testing import CliRunner, Result


def said(command: Command, *args: str) -> Result:
    """Run a command, which ends with an exit code and never with a trace."""
    result = CliRunner().invoke(command, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result
