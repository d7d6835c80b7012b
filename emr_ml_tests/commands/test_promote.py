"""`emr-ml promote` and `emr-ml rollback`: champions by hand."""

import pytest
from click import Command
from click.testing import CliRunner, Result

from emr_ml.commands.promote import promote, rollback
from emr_ml.lake.champion import read_champion, read_record
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import commit

OLD, NEW, LIKE_NEW = "0a" * 16, "1b" * 16, "1b" * 15 + "00"


@pytest.fixture(name="models")
def fixture_models(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake with three models that is the one that is set."""
    monkeypatch.setenv("EMR_ML_LAKE", lake.root)
    for day, version in enumerate((OLD, NEW, LIKE_NEW)):
        finished = f"2026-11-0{day + 1}T10:00:00.000+00:00"
        commit(lake, a_report(asset="lr_model", version=version, finished=finished))
    return lake


def said(command: Command, *args: str) -> Result:
    result = CliRunner().invoke(command, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def champion_of(lake: Lake) -> str:
    found = read_champion(lake)
    assert found
    return found.version


def test_a_version_becomes_champion_by_its_first_digits(models: Lake) -> None:
    shown = said(promote, OLD[:8].upper(), "--why", "the new one is slow")

    assert shown.output == f"{OLD} is the champion now\n"
    champion = read_champion(models)
    assert champion
    assert (champion.version, champion.how, champion.why) == (OLD, "by hand", "the new one is slow")


def test_who_did_it_is_the_reason_if_none_is_given(
    models: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ada")

    said(promote, OLD)

    assert read_record(models).line[-1].why == "by ada"


def test_the_way_back_is_told_and_leads_back(models: Lake) -> None:
    said(promote, OLD)

    there = said(promote, NEW)
    back = said(rollback)

    assert there.output.endswith(
        f"the previous champion was {OLD}: `emr-ml rollback` restores it\n"
    )
    assert back.output == (
        f"{OLD} is the champion again\n"
        f"{NEW} becomes champion again only by `emr-ml promote {NEW[:8]}`\n"
    )
    assert (champion_of(models), read_record(models).barred) == (OLD, (NEW,))


def test_the_champion_stays_what_it_is(models: Lake) -> None:
    said(promote, OLD)

    shown = said(promote, OLD)

    assert (shown.exit_code, shown.output) == (0, f"{OLD} is already the champion\n")
    assert len(read_record(models).history) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            "newest",
            "'newest' is not a version: enter 6 to 32 of its digits, 0 to 9 and a to f.",
        ),
        ("0a0a", "'0a0a' is not a version: enter 6 to 32 of its digits"),
        (
            "cccccccc",
            f"has no version cccccccc of lr_model. Its versions are:\n{LIKE_NEW}  2026-11",
        ),
        ("1b1b1b1b", f"'1b1b1b1b' may be {LIKE_NEW} or {NEW}: enter more digits"),
    ],
)
def test_what_names_no_version_is_told_with_what_is_there(
    models: Lake, given: str, words: str
) -> None:
    shown = said(promote, given)

    assert shown.exit_code == 1
    assert words in shown.output
    assert read_champion(models) is None


def test_a_lake_without_a_model_is_told(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_LAKE", lake.root)

    assert "There are no versions in" in said(promote, OLD).output
    assert "there is no champion in" in said(rollback).output


def test_without_one_before_there_is_no_way_back(models: Lake) -> None:
    said(promote, OLD)

    shown = said(rollback)

    assert shown.exit_code == 1
    assert f"{OLD} is the only champion so far" in shown.output
    assert champion_of(models) == OLD


def test_there_is_no_way_back_to_one_that_is_gone(models: Lake) -> None:
    said(promote, OLD)
    said(promote, NEW)
    models.remove(f"lr_model/{OLD}/report.json")

    shown = said(rollback)

    assert shown.exit_code == 1
    assert f"lr_model {OLD} is gone from" in shown.output
    assert champion_of(models) == NEW


def test_a_setting_that_can_not_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "moon")

    assert "Error: EMR_ML_DEPLOYMENT: " in said(rollback).output
