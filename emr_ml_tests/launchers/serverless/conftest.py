"""Launchers of EMR Serverless on an emulated AWS."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emr_ml_tests.launchers.emr.stage import Stage, Staging


@pytest.fixture
def serverless(staging: "Staging") -> "Staging":
    """Opens a stage whose jobs run on EMR Serverless; `fields` are of its configuration."""
    from emr_ml_tests.launchers.serverless.stage import FIELDS

    def opened(*faults: Any, **options: Any) -> "Stage":
        settings = {
            "deployment": "emr-serverless",
            "serverless_fields": FIELDS | options.pop("fields", {}),
            **options.pop("settings", {}),
        }
        return staging(*faults, settings=settings, **options)

    return opened
