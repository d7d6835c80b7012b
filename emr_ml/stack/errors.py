"""What goes wrong with a stack."""

from emr_ml.settings import SettingsError


class StackError(SettingsError):
    """The stack can't be used, made or removed: what is wrong, where, and what to do."""
