"""An emulated AWS on which EMR is set up well."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from emr_ml_tests.emulator.arranged import ArrangedAws


@pytest.fixture
def emr_aws(
    emulation: None,  # noqa: ARG001 - what it sets up
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> "Generator[ArrangedAws]":
    from emr_ml_tests.doctor.healthy import make_bucket
    from emr_ml_tests.emulator.arranged import arranged_aws

    monkeypatch.setattr("emr_ml.aws.time_limits.DOCTOR", 0.2)
    with arranged_aws(tmp_path, monkeypatch) as aws:
        monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
        monkeypatch.setenv("EMR_ML_LAKE", f"s3://{make_bucket()}/lake")
        yield aws
