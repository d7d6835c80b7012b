"""The sample in the UI: a run of everything, followed to green, and what it leaves to look at."""

import re
from collections.abc import Generator

import pytest

from emr_ml_tests.browser.chromium import Page
from emr_ml_tests.browser.pictures import Album
from emr_ml_tests.browser.site import Site, a_site
from emr_ml_tests.test_definitions import specs

LINEAGE = "/asset-groups?expanded=" + ",".join(
    f"global@global:{group}" for group in ("training", "scoring", "sales")
)
LAUNCHPAD = "/locations/emr_ml/jobs/training_job/playground"
RUN_SECONDS = 900.0
FRESHNESS_SECONDS = 240.0  # until the daemon has evaluated it
SCHEMES = ("light", "dark")
EDITOR = "const editor = document.querySelector('.CodeMirror').CodeMirror;"


@pytest.fixture(scope="module", name="site")
def fixture_site() -> Generator[Site]:
    with a_site("emr_ml", "emr_ml.definitions") as site:
        site.start()
        yield site


@pytest.fixture(scope="module", name="green")
def fixture_green(tab: Page) -> str:
    """What the page of a run says that was started on the lineage, and has become green."""
    tab.resize(1500, 1225)
    tab.open(LINEAGE)
    tab.until_shows(*specs())
    tab.click("Materialize all")
    tab.click("View")
    tab.until(lambda: "/runs/" in tab.path)
    return tab.until_shows(f"Succeeded ({len(specs())})", "RUN_SUCCESS", seconds=RUN_SECONDS)


def test_a_run_that_was_started_on_the_lineage_tells_its_story(green: str) -> None:
    story = re.findall(r"^(?:computed|reused) [0-9a-f]{8} .*", green, re.MULTILINE)

    assert any("50 rows read, 50 kept, 0 rejected; 2 of 2 checks passed" in line for line in story)
    assert "Failure" not in green


@pytest.mark.usefixtures("green")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_lineage_shows_each_asset_with_its_kinds(page: Page, album: Album, scheme: str) -> None:
    page.prefer(scheme)
    page.resize(2300, 900)
    page.open(LINEAGE)

    page.until_shows(*specs(), "10 / 10 Passed", "XGBoost", "Report")
    page.until(lambda: page.text.count("\nMaterialized\n") == len(specs()))
    said = page.text

    assert (page.brightness < 0.5) == (scheme == "dark")
    if scheme == "light":
        album.take(page, "lineage", said[said.index("Global asset lineage") :])
    album.keep(page, f"lineage-{scheme}")


@pytest.mark.usefixtures("green")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_of_the_metrics_begins_with_verdict_and_figures(
    page: Page, album: Album, scheme: str
) -> None:
    page.prefer(scheme)
    page.resize(1500, 1290)  # the curves are whole
    page.open("/assets/metrics")

    page.until_shows("Fit for use", "curves_and_confusion", "docs/report.md")
    said = page.until_shows("Passing", seconds=FRESHNESS_SECONDS)

    assert "accuracy\t0.9895\t0.9674 to 1" in said
    assert (page.brightness < 0.5) == (scheme == "dark")
    if scheme == "light":
        visible = said[said.index("Description") : said.index("curves_and_confusion")]
        definition = said[said.index("\nDefinition\n") : said.index("\nAutomation details\n")]
        album.take(page, "metrics", visible + definition)
    album.keep(page, f"metrics-{scheme}")


@pytest.mark.usefixtures("green")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_report_is_what_the_page_of_the_metrics_leads_to(
    page: Page, album: Album, scheme: str
) -> None:
    page.prefer(scheme)
    page.open("/assets/metrics")
    page.until_shows("report.html")
    (address,) = re.findall(r"file://\S+/report\.html", page.text)

    page.open(address)

    page.resize(1100, 1345)
    said = page.until_shows("diagnosis: malignant or not malignant", "Curves and confusion")
    assert "Fit for use, as the contract defines it: all 16 checks passed." in said
    if scheme == "light":
        album.take(page, "report", said[: said.index("Curves and confusion")])
    album.keep(page, f"report-{scheme}")


@pytest.mark.usefixtures("green")
@pytest.mark.parametrize(("tag", "found"), [("champion=new", True), ("champion=kept", False)])
def test_runs_are_filtered_by_what_became_of_the_champion(
    page: Page, tag: str, found: bool
) -> None:
    page.open(f"/runs?q[0]=tag:emr_ml/{tag}")

    said = page.until_shows("Manually launched" if found else "No runs were found")

    assert ("emr_ml/pipeline: several" in said) == found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_launchpad_describes_what_may_be_set_and_refuses_a_mistake(
    page: Page, album: Album, scheme: str
) -> None:
    page.prefer(scheme)
    page.open(LAUNCHPAD)
    page.forget()
    page.open(LAUNCHPAD)
    page.until_shows("No errors", "estimator: auto")

    page.run(
        f"{EDITOR} const lines = editor.getValue().split('\\n');"
        "editor.focus(); editor.setCursor(lines.findIndex(line => line.includes('trees:')), 8)"
    )

    page.until_shows(
        "/* trees of a random forest */\n  trees?: Int",
        "/* the model to fit; auto: a regression, and boosted trees if no text is hashed",
        "estimator?: Literal['auto', 'logistic_regression'",
    )
    assert (page.brightness < 0.5) == (scheme == "dark")
    album.keep(page, f"launchpad-{scheme}")

    page.run(f"{EDITOR} editor.setValue(editor.getValue().replace('auto', 'forest'))")

    page.until_shows("root:ops:lr_model:config:estimator not in enum type", "got forest")
    album.keep(page, f"launchpad-mistake-{scheme}")
