"""Starting clusters on a fake EMR."""

import logging
from collections.abc import Iterator
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from emr_ml.aws.client import Api
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.emr import clusters
from emr_ml.launchers.emr.clusters import Clusters
from emr_ml.launchers.remote import polling
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml_tests.launchers.remote.clock import FakeClock
from spark_jobs.runtime.lake import Lake

LOG = logging.getLogger("clusters")
PACE = PollingPolicy(fast=1.0, slow=5.0, visibility=45.0, patience=60.0)


class RefusingEmr:
    """EMR without clusters, which starts none."""

    def tell(self, operation: str, **_: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Message": "Invalid InstanceProfile: x."}}, operation)

    def pages(self, *_: str, **__: Any) -> Iterator[list[dict[str, Any]]]:
        yield []


def test_a_cluster_that_emr_refused_to_start_is_not_waited_for_by_the_next_run(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock(monkeypatch, clusters, polling)
    found = Clusters(cast("Api", RefusingEmr()), folder_lake, PACE)
    began = clock.now

    for run in ("one", "the next"):
        with pytest.raises(LaunchError, match="EMR refuses to start cluster 'ours'"):
            found.find_or_start({"Name": "ours"}, run, LOG)

    assert clock.now == began
