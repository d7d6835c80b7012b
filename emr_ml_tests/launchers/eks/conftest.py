"""Launchers of EMR on EKS on an emulated AWS."""

from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from emr_ml_tests.launchers.emr.stage import Staging


@pytest.fixture
def eks(staging: "Staging") -> "Staging":
    """Opens a stage whose jobs run on EMR on EKS; `fields` are of its configuration."""
    from emr_ml_tests.launchers.remote.services import EKS

    return partial(EKS.open, staging)
