"""Chromium on a page of Dagster's UI: it waits for what a person would wait for."""

import base64
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from emr_ml_tests.waiting import wait_until

# read now: the fixtures take every variable of ours away from the tests
REQUIRE_BROWSER = os.environ.get("EMR_ML_REQUIRE_BROWSER") == "1"
MISSING = (
    "THE UI IS NOT TESTED IN A BROWSER: no Chromium with its driver here; install Debian's "
    "packages chromium and chromium-driver"
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 240.0  # seconds: CI's machines are slow, and a run starts processes
OPTIONS = (
    *("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"),
    # it only opens pages that the tests serve, and CI has no sandbox for root
    *("--no-sandbox", "--disable-background-networking", "--no-first-run"),
    "--force-device-scale-factor=1",
)
NOT_YET = (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)


def needs_chromium() -> tuple[str, str]:
    """The programs; skips, loudly, where there are none, unless the environment insists."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if not (browser and driver) and not REQUIRE_BROWSER:
        pytest.skip(MISSING)
    assert browser, MISSING
    assert driver, MISSING
    return browser, driver


@contextmanager
def a_chromium(width: int = 1500, height: int = 1225) -> Generator[webdriver.Chrome]:
    """A browser without a window, which ends with the block."""
    browser, driver = needs_chromium()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for option in (*OPTIONS, f"--window-size={width},{height}"):
        options.add_argument(option)
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


class Page:
    """What a person sees and does in a tab.

    Args:
        chrome: the browser.
        address: of the webserver.
        evidence: returns what to show if something does not happen, such as the ends of logs.
    """

    def __init__(self, chrome: webdriver.Chrome, address: str, evidence: Callable[[], str]) -> None:
        self._chrome, self._address, self._evidence = chrome, address, evidence

    def open(self, path: str) -> None:
        """Open a path of the webserver, or any address."""
        self._chrome.get(path if "://" in path else f"{self._address}{path}")

    def forget(self) -> None:
        """Let the UI forget what was entered, which it keeps for the next visit."""
        self.run("localStorage.clear(); sessionStorage.clear()")

    @property
    def text(self) -> str:
        """All that the page says, line by line."""
        try:
            return str(self._chrome.execute_script("return document.body.innerText"))
        except StaleElementReferenceException:
            return ""

    @property
    def path(self) -> str:
        return self._chrome.current_url.removeprefix(self._address)

    def until_shows(self, *texts: str, seconds: float = PATIENCE) -> str:
        """Wait until the page says all of these, and return what it says."""
        seen = ""

        def shows() -> bool:
            nonlocal seen
            seen = self.text
            return all(text in seen for text in texts)

        self._until(shows, seconds, lambda: f"{texts} not in:\n{seen}")
        return seen

    def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        self._until(condition, seconds, lambda: self.text)

    def click(self, text: str, *, contains: bool = False) -> None:
        """Click the innermost element with this text, once it can be clicked."""
        words = f'"{text}"'
        test = f"contains(normalize-space(), {words})" if contains else f"normalize-space()={words}"
        self.click_on(f"//body//*[{test}][not(.//*[{test}])]")

    def click_on(self, xpath: str) -> None:
        """Click the first element that an XPath finds, once it can be clicked."""

        def clicked() -> bool:
            try:
                elements = self._chrome.find_elements(By.XPATH, xpath)
                shown = [element for element in elements if element.is_displayed()]
                if shown:
                    shown[0].click()
            except NOT_YET:
                return False
            return bool(shown)

        self.until(clicked)

    def find(self, css: str) -> list[WebElement]:
        return self._chrome.find_elements(By.CSS_SELECTOR, css)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns in the page."""
        return self._chrome.execute_script(script, *arguments)

    def prefer(self, scheme: str) -> None:
        """Let the system prefer `light` or `dark` pages."""
        self._command(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    @property
    def brightness(self) -> float:
        """How bright the middle of the page's background is, from 0 to 1."""
        colour = self.run(
            "let e = document.elementFromPoint(innerWidth / 2, innerHeight / 2);"
            "while (e && getComputedStyle(e).backgroundColor === 'rgba(0, 0, 0, 0)')"
            "  e = e.parentElement;"
            "return e ? getComputedStyle(e).backgroundColor : 'rgb(255, 255, 255)'"
        )
        red, green, blue = (float(part) for part in colour.split("(")[1].rstrip(")").split(",")[:3])
        return (red + green + blue) / 3 / 255

    def resize(self, width: int, height: int) -> None:
        self._command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def photograph(self, path: Path) -> None:
        """Write a picture of what is visible."""
        path.parent.mkdir(parents=True, exist_ok=True)
        shot = self._command("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    def _command(self, name: str, **parameters: Any) -> dict[str, Any]:
        answer: Any = self._chrome.execute_cdp_cmd(name, parameters)
        return answer

    def _until(
        self, condition: Callable[[], object], seconds: float, seen: Callable[[], str]
    ) -> None:
        wait_until(condition, seconds, lambda: f"{seen()}\n\n{self._evidence()}", pause=0.3)
