"""A project of a user's own in the UI, and what happens to every user: mistakes and waiting."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
import yaml

from emr_ml.failed import CANCELLED
from emr_ml_tests.browser.chromium import Page
from emr_ml_tests.browser.pictures import Album
from emr_ml_tests.browser.site import Site, a_site
from emr_ml_tests.components.project import DEFINITIONS
from emr_ml_tests.graph import TOY_CONTRACT, toy_rows

RUN_SECONDS = 600.0
# it waits for a file that never comes: whoever cancels it need not be fast
WAITING_JOB = '''\
"""Waits."""

import time


def run(spark, request, log):
    log.info("waiting for somebody to cancel this")
    while True:
        time.sleep(0.1)
'''
CAUSED = "caused by the following exception:"
SENSOR = "/locations/shop/sensors/new_orders_sensor"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / "shop" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def component(folder: Path, name: str, kind: str, **attributes: object) -> Path:
    given = {"type": f"emr_ml.{kind}", "attributes": attributes}
    return write(folder, f"defs/{name}/defs.yaml", yaml.safe_dump(given, sort_keys=False))


@pytest.fixture(scope="module", name="site")
def fixture_site() -> Generator[Site]:
    settings = {"EMR_ML_SENSOR_INTERVAL_SECONDS": "2", "EMR_ML_SETTLE_SECONDS": "1"}
    with a_site("shop", "shop.definitions", **settings) as site:
        folder = site.folder
        for name in ("__init__.py", "defs/__init__.py", "jobs/__init__.py"):
            write(folder, name, "")
        write(folder, "definitions.py", DEFINITIONS.format(package="shop"))
        write(folder, "jobs/waiting.py", WAITING_JOB)
        write(folder, "toy.csv", "\n".join(["height,colour,kind", *toy_rows()]) + "\n")
        # the files have no such column
        write(folder, "defs/misfit/contract.yaml", f"{TOY_CONTRACT}id: [customer]\n")
        component(
            folder,
            "misfit",
            "TrainingPipeline",
            contract="contract.yaml",
            source="../../toy.csv",
            key_prefix=["misfit"],
        )
        component(folder, "waiting", "SparkJob", module="shop.jobs.waiting", key="waiting")
        (folder / "shop" / "orders").mkdir()
        component(
            folder,
            "orders",
            "SparkJob",
            module="shop.jobs.waiting",
            key="orders",
            source="../../orders",
        )
        site.start()
        yield site


def start(page: Page, job: str, button: str) -> None:
    """Start a job by hand, and open the page of its run."""
    page.open(f"/locations/shop/jobs/{job}")
    page.click(button)
    page.click("View")
    page.until(lambda: "/runs/" in page.path)


def cancel(page: Page) -> None:
    page.click("Terminate")
    page.click_on(
        "//*[@role='dialog' or contains(@class, 'dialog')]//button[contains(., 'Terminate')]"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_contract_that_does_not_fit_is_the_first_line_of_the_failure(
    page: Page, album: Album, scheme: str
) -> None:
    page.prefer(scheme)
    start(page, "misfit_training_job", "Materialize all")

    said = page.until_shows("Failure", "STEP_FAILURE", seconds=RUN_SECONDS)

    told = said[said.index("STEP_FAILURE") :].splitlines()[1:]
    assert told[0].startswith(
        "Failed: misfit/raw_csv_s3 is refused by its check header_fits: toy.csv lacks 'customer'"
    )
    assert told[1].startswith("Correct that and materialize misfit/raw_csv_s3 again")
    assert "Stack Trace" not in said
    assert (page.brightness < 0.5) == (scheme == "dark")
    album.keep(page, f"failure-{scheme}")


def test_a_run_that_is_cancelled_says_so(page: Page, album: Album) -> None:
    start(page, "waiting_job", "Materialize")
    page.until_shows("waiting for somebody to cancel this", seconds=RUN_SECONDS)

    cancel(page)

    said = page.until_shows("Canceled", "RUN_CANCELED", seconds=RUN_SECONDS)
    assert said.count(CANCELLED) == 2, "of the asset, and of the run"
    assert "Stack Trace" not in said
    album.keep(page, "cancelled")


def test_a_file_that_is_dropped_starts_a_run_without_a_hand_on_the_keyboard(
    page: Page, album: Album, site: Site
) -> None:
    page.open(SENSOR)
    page.until_shows("Runs orders_job when the files of")
    page.click_on("//label[input[@type='checkbox']]")
    page.until(lambda: page.run("return document.querySelector('input[type=checkbox]').checked"))
    page.until_shows("0 runs requested")

    (site.folder / "shop" / "orders" / "monday.csv").write_text("a\n1\n")

    page.open("/runs?q[0]=job:orders_job")
    page.until_shows("new_orders_sensor", "emr_ml/pipeline: orders", seconds=RUN_SECONDS)
    album.keep(page, "sensor")
    page.click_on("//a[starts-with(@href, '/runs/')]")
    page.until_shows("waiting for somebody to cancel this", seconds=RUN_SECONDS)
    cancel(page)
    page.until_shows("Canceled", seconds=RUN_SECONDS)


def test_a_mistake_in_a_component_is_named_with_file_and_line(
    page: Page, album: Album, site: Site
) -> None:
    path = component(
        site.folder, "mistake", "SparkJob", module="shop.jobs.waiting", key="more", sorce="x"
    )
    page.open("/deployment/locations")
    page.until_shows("shop", "Reload")

    page.click("Reload")

    page.click("View error")
    said = page.until_shows("sorce", "defs/mistake/defs.yaml")
    first = said[said.index(CAUSED) :].splitlines()[1:]
    assert re.match(
        r"emr_ml\.mistakes\.ProjectError: \S+/defs/mistake/defs\.yaml:5: attributes\.sorce: "
        "unknown key: did you mean source",
        next(filter(None, first)),
    )
    assert said.count(CAUSED) == 1
    album.keep(page, "mistake")
    path.unlink()
