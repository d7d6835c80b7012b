"""The pages of docs/reference/ say what the code says."""

import pytest

from emr_ml.contract.schema import METRICS
from emr_ml.model_report.wording import FIGURES
from emr_ml.settings import Settings
from scripts.reference import DEFAULTS, FAMILIES, FOLDER, FORMULAS, NOT_SET_BY_USERS, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8")

    assert written == PAGES[name](), "run `make reference`, and commit what it writes"


def test_there_is_no_page_that_nothing_writes() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_every_figure_has_a_formula() -> None:
    assert [*FORMULAS] == [*FIGURES]
    assert {name for names in METRICS.values() for name in names} == set(FORMULAS)


def test_what_is_said_about_single_settings_is_about_settings_that_exist() -> None:
    assert {*DEFAULTS, *FAMILIES, *NOT_SET_BY_USERS} <= {*Settings.model_fields}
