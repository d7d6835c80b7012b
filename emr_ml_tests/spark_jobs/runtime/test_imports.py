"""What is imported while a process waits."""

import sys
from pathlib import Path

import pytest

from spark_jobs.runtime.imports import import_ahead


@pytest.fixture(name="modules")
def fixture_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of three modules, of which the first can't be imported."""
    names = ["ahead_broken", "ahead_first", "ahead_second"]
    for name in names:
        (tmp_path / f"{name}.py").write_text("raise OSError" if name == "ahead_broken" else "")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    return names


def test_a_module_that_fails_does_not_keep_the_next_from_being_imported(modules: list[str]) -> None:
    import_ahead(modules)

    assert [name in sys.modules for name in modules] == [False, True, True]


def test_nothing_more_is_imported_once_the_wait_is_over(modules: list[str]) -> None:
    import_ahead(modules, until=lambda: "ahead_first" in sys.modules)

    assert [name in sys.modules for name in modules] == [False, True, False]
