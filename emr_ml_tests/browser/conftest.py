"""The browser, its tab, and where pictures go."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from selenium import webdriver

from emr_ml_tests.browser.chromium import Page, a_chromium
from emr_ml_tests.browser.pictures import Album
from emr_ml_tests.browser.site import Site

# read now, as in chromium.py
RETAKE = os.environ.get("EMR_ML_RETAKE_PICTURES") == "1"
TEST_SECONDS = 1200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


@pytest.fixture(scope="session", name="chrome")
def fixture_chrome() -> Generator[webdriver.Chrome]:
    with a_chromium() as chrome:
        yield chrome


@pytest.fixture(scope="module", name="tab")
def fixture_tab(chrome: webdriver.Chrome, site: Site) -> Page:
    """A tab of the site that the module starts, in whatever state the last test has left it."""
    return Page(chrome, site.address, site.logs)


@pytest.fixture(name="page")
def fixture_page(tab: Page) -> Page:
    """The same in the light, as large as a window on a laptop."""
    tab.prefer("light")
    tab.resize(1500, 1225)
    return tab


@pytest.fixture(scope="session", name="album")
def fixture_album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    return Album(tmp_path_factory.mktemp("pictures"), retake=RETAKE)
