"""Launchers of EMR on EKS on an emulated AWS."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emr_ml_tests.launchers.emr.stage import Stage, Staging


@pytest.fixture
def eks(staging: "Staging") -> "Staging":
    """Opens a stage whose jobs run on EMR on EKS; `fields` are of its configuration."""
    from emr_ml_tests.emulator.examples import RUNTIME_ROLE_ARN

    fixed = {
        "execution_role": RUNTIME_ROLE_ARN,
        "virtual_cluster_name": "emr-ml",
        # the harness has the packages that an archive would have
        "packages": "image",
    }

    def opened(*faults: Any, **options: Any) -> "Stage":
        settings = {
            "deployment": "emr-eks",
            "eks_fields": fixed | options.pop("fields", {}),
            **options.pop("settings", {}),
        }
        stage = staging(*faults, settings=settings, **options)
        stage.aws.eks.add_virtual_cluster("emr-ml")
        return stage

    return opened
