"""The stack: the AWS resources that the project needs, as one CloudFormation template."""

from emr_ml.settings import Settings, SettingsError


class StackError(SettingsError):
    """The stack can't be used, deployed or removed: what is wrong, where, and what to do."""


def with_stack(settings: Settings, patience: float | None = None) -> Settings:
    """Return the settings, completed by the outputs of the stack if one is set.

    Variables of the environment win over outputs. Without a stack, AWS is not called.

    Args:
        patience: seconds without an answer from AWS before this fails; by default as in a run.

    Raises:
        SettingsError: there is no such stack, it can't be used, or AWS does not answer.
    """
    if settings.stack is None:
        return settings
    from emr_ml.stack.outputs import add_stack_outputs

    return add_stack_outputs(settings, settings.stack, patience or settings.api_patience_seconds)
