"""`emr-ml doctor`; `emr_ml_tests/doctor` has what it checks."""

import json
from collections.abc import Iterator

import pytest

from emr_ml.commands.doctor import doctor
from emr_ml.doctor.finding import Finding, bad, good, unchecked
from emr_ml_tests.commands.said import said


def find(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    def found() -> Iterator[Finding]:
        return iter(findings)

    monkeypatch.setattr("emr_ml.doctor.runner.run_checks", found)


def test_json_has_a_finding_each_and_the_same_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    find(monkeypatch, good("lake", "is writable"), bad("Java", "is missing", "install it"))

    result = said(doctor, "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout) == [
        {"name": "lake", "verdict": "good", "text": "is writable", "fix": ""},
        {"name": "Java", "verdict": "bad", "text": "is missing", "fix": "install it"},
    ]


def test_people_read_a_line_for_each_and_how_many_are_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    find(monkeypatch, bad("Java", "is missing", "install it"), unchecked("EMR", "no access"))

    result = said(doctor)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "bad   Java                is missing. Fix: install it",
        "skip  EMR                 not checked: no access",
        "",
        "1 not checked, see the reasons",
        "",
        "1 bad: apply the fix in each line, then run `emr-ml doctor` again",
    ]


def test_a_set_up_that_is_good_ends_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    find(monkeypatch, good("lake", "is writable"))

    assert (said(doctor).exit_code, said(doctor, "--json").exit_code) == (0, 0)
