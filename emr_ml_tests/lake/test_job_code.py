"""The code of jobs in packages of a user's own."""

from pathlib import Path

import pytest

from emr_ml.lake.job_code import JobCodeError, job_code, needing_newer, pack


@pytest.fixture(name="package")
def fixture_package(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    for name, source in {
        "__init__": "NAME = 'shop'\n",
        "jobs/__init__": "",
        "jobs/words": "from shop.helpers import clean\n",
        "helpers": "def clean(text):\n    return text\n",
        "other": "",
    }.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return folder


def test_it_has_the_files_that_the_job_imports_and_the_packages_around_them(package: Path) -> None:
    code = job_code("shop.jobs.words", package.parent)

    assert set(code.files) == {
        "shop/__init__.py",
        "shop/jobs/__init__.py",
        "shop/jobs/words.py",
        "shop/helpers.py",
    }


def test_a_package_around_the_job_is_part_of_its_code(package: Path) -> None:
    before = job_code("shop.jobs.words", package.parent).digest
    (package / "__init__.py").write_text("NAME = 'other'\n")
    job_code.cache_clear()

    assert job_code("shop.jobs.words", package.parent).digest != before


def test_equal_files_give_an_equal_archive(package: Path) -> None:
    files = job_code("shop.jobs.words", package.parent).files

    assert pack(files) == pack(dict(reversed(files.items())))


def test_a_module_that_is_not_there_is_named_with_its_package() -> None:
    with pytest.raises(JobCodeError, match="there is no module no_such"):
        job_code("no_such.job")


def test_code_that_is_no_python_is_told_with_file_and_line(package: Path) -> None:
    (package / "helpers.py").write_text("x = 1\ndef (:\n")
    job_code.cache_clear()

    with pytest.raises(JobCodeError, match=r"helpers\.py:2: "):
        job_code("shop.jobs.words", package.parent)


@pytest.mark.parametrize(("spark", "expected"), [("3.5.8", ["ours"]), ("4.0.0", []), ("10.0", [])])
def test_only_jobs_of_training_pipelines_need_a_newer_spark(
    spark: str, expected: list[str]
) -> None:
    modules = {"ours": "spark_jobs.metrics", "their/own": "jobs.of_their_own"}

    assert needing_newer(spark, modules) == expected
