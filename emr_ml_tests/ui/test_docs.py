"""Links from the catalogue to the documentation."""

import dagster as dg
import pytest

from emr_ml.definitions import defs
from emr_ml.project import ROOT
from emr_ml.settings import SettingsError, load_settings
from emr_ml.ui.docs import described, page_reference

REFERENCES = "dagster/code_references"


def test_every_asset_leads_to_a_page_that_exists() -> None:
    for spec in defs.resolve_all_asset_specs():
        found = spec.metadata[REFERENCES]
        assert isinstance(found, dg.CodeReferencesMetadataValue)
        labels = [reference.label or "" for reference in found.code_references]
        (page,) = [label for label in labels if label.startswith("docs/")]
        assert (ROOT / page).is_file()
        assert f"Read more: `{page}`" in str(spec.description)


def test_a_published_documentation_is_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DOCS_URL", "https://docs.test/{page}/")

    assert described("One line.\n\n    Another.\n    ", "report") == (
        "One line.\n\nAnother.\n\nRead more: [report](https://docs.test/report/)"
    )


def test_a_page_that_is_not_on_this_machine_is_not_referred_to() -> None:
    assert page_reference("no_such_page") == {}


@pytest.mark.parametrize("url", ["https://docs.test", "docs/{page}.md", "file:///docs/{page}.md"])
def test_an_address_without_a_place_for_the_page_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("EMR_ML_DOCS_URL", url)

    with pytest.raises(SettingsError, match=r"EMR_ML_DOCS_URL: is not an http"):
        load_settings()
