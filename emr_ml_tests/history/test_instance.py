"""Dagster's history, opened to be read."""

from pathlib import Path

import pytest

from emr_ml.history.instance import HistoryError, open_history
from emr_ml.settings import Settings


def settings(folder: Path) -> Settings:
    return Settings.model_validate({"DAGSTER_HOME": str(folder)})


def test_where_nothing_was_run_no_history_is_begun(tmp_path: Path) -> None:
    with open_history(settings(tmp_path)) as instance:
        assert instance is None

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named_with_the_setting(tmp_path: Path) -> None:
    with (
        pytest.raises(HistoryError, match=r"there is no folder .*none: set DAGSTER_HOME"),
        open_history(settings(tmp_path / "none")),
    ):
        pass


def test_a_configuration_that_can_not_be_used_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("storage: {nonsense: true}\n")

    with (
        pytest.raises(HistoryError, match=r"can't be opened: .*correct `storage` in .*\.yaml") as e,
        open_history(settings(tmp_path)),
    ):
        pass

    assert "\n" not in str(e.value)


def test_the_folder_of_the_caller_is_left_as_it_is(tmp_path: Path) -> None:
    before = Path.cwd()
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")

    with open_history(settings(tmp_path)) as instance:
        assert instance is not None
        assert instance.get_run_records() == []

    assert Path.cwd() == before
