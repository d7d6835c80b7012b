"""Launchers of EMR Serverless on an emulated AWS."""

from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from emr_ml_tests.launchers.emr.stage import Staging


@pytest.fixture
def serverless(staging: "Staging") -> "Staging":
    """Opens a stage whose jobs run on EMR Serverless; `fields` are of its configuration."""
    from emr_ml_tests.launchers.remote.services import SERVERLESS

    return partial(SERVERLESS.open, staging)
