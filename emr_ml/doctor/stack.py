"""The check of the stack that settings are read from."""

from emr_ml.doctor import aws
from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.settings import Settings, SettingsError
from emr_ml.stack import with_stack


def stack(settings: Settings) -> tuple[Settings | None, Finding]:
    """The settings with what the stack gives, if it is there and whole."""
    try:
        found = with_stack(settings, aws.PATIENCE_SECONDS)
    except SettingsError as error:
        text, _, fix = str(error).partition(": ")
        return None, bad("stack", text, fix)
    return found, good("stack", f"{settings.stack} gives lake {found.lake}")
