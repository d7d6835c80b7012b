"""Which workers a job run gets, and what they cost it."""

import pytest

from emr_ml_tests.emulator.serverless_sizes import Worker, fits, utilization, workers
from emr_ml_tests.emulator.world import AwsError

SMALL = {
    "spark.driver.cores": "1",
    "spark.driver.memory": "2g",
    "spark.executor.cores": "2",
    "spark.executor.memory": "4096m",
    "spark.emr-serverless.executor.disk": "50G",
}


def test_without_settings_a_driver_and_three_executors_have_four_cpus_and_16_gb() -> None:
    assert workers({}) == [Worker(4, 16, 20)] * 4


def test_memory_includes_the_overhead_and_is_rounded_up_to_a_size() -> None:
    assert workers(SMALL | {"spark.executor.instances": "1"}) == [
        Worker(1, 3, 20),
        Worker(2, 5, 50),
    ]
    large = {"spark.driver.cores": "16", "spark.driver.memory": "33g"}
    assert workers(large)[0] == Worker(16, 40, 20)


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, 3),
        ({"spark.executor.instances": "5"}, 5),
        ({"spark.dynamicAllocation.initialExecutors": "2"}, 2),
        ({"spark.dynamicAllocation.maxExecutors": "1"}, 1),
        ({"spark.dynamicAllocation.minExecutors": "8"}, 8),
        (
            {
                "spark.dynamicAllocation.enabled": "false",
                "spark.dynamicAllocation.initialExecutors": "9",
            },
            3,
        ),
    ],
)
def test_executors_are_those_that_a_job_run_begins_with(
    settings: dict[str, str], count: int
) -> None:
    assert len(workers(settings)) == 1 + count


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("memory", "31g", "at most 30 GB"),
        ("memory", "lots", "is not a size"),
        ("cores", "3", "1, 2, 4, 8 or 16"),
        ("cores", "two", "not a number"),
    ],
)
def test_a_worker_that_does_not_exist_is_refused(setting: str, value: str, why: str) -> None:
    with pytest.raises(AwsError, match=why):
        workers({f"spark.executor.{setting}": value})


def test_a_worker_is_billed_for_a_minute_at_least_and_for_disk_beyond_20_gb() -> None:
    asked = workers(SMALL | {"spark.executor.instances": "2"})

    used = utilization(asked, [36.0, 3564.0], billed=False)
    billed = utilization(asked, [36.0, 3564.0], billed=True)

    assert used == {"vCPUHour": 5.0, "memoryGBHour": 13.0, "storageGBHour": 120.0}
    assert billed == {"vCPUHour": 5.033, "memoryGBHour": 13.087, "storageGBHour": 60.4}


def test_the_maximum_capacity_holds_all_workers_at_once() -> None:
    asked = workers({})

    assert fits(asked, None)
    assert fits(asked, {"cpu": "16 vCPU", "memory": "64 GB"})
    assert not fits(asked, {"cpu": "16 vCPU", "memory": "63GB"})
    assert not fits(asked, {"cpu": "16", "memory": "64", "disk": "79 GB"})
