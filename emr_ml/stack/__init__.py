"""The stack: what the project needs in an AWS account, as one CloudFormation template."""

from emr_ml.settings import Settings, SettingsError


class StackError(SettingsError):
    """The stack can't be used, made or removed: what is wrong, where, and what to do."""


def with_stack(settings: Settings, patience: float | None = None) -> Settings:
    """The settings, with what the stack's outputs give where no variable does.

    Without a stack they are as they were, and AWS is not asked.

    Args:
        patience: seconds for which AWS may give no answer; as long as in a run by default.

    Raises:
        SettingsError: there is no such stack, it can't be used, or AWS does not tell.
    """
    if settings.stack is None:
        return settings
    from emr_ml.stack.outputs import resolved

    return resolved(settings, settings.stack, patience or settings.api_patience_seconds)
