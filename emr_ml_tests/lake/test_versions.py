"""A version is a digest of everything that determines an asset, and nothing else."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from emr_ml.lake.job_code import JOBS, code_of, job_code
from emr_ml.lake.versions import digest, local_spark, version_of

NAMES = st.text(max_size=5)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
MAPPINGS = st.dictionaries(NAMES, JSON, max_size=4)
TEXTS = st.text(max_size=10)
INGREDIENTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "asset": TEXTS,
        "code": TEXTS,
        "contract": MAPPINGS,
        "params": MAPPINGS,
        "inputs": st.dictionaries(TEXTS, TEXTS, max_size=3),
        "spark": TEXTS,
    }
)


def version(ingredients: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in ingredients.items() if name != "asset"}
    return version_of(ingredients["asset"], **rest)


def reordered(value: Any) -> Any:
    """Return the same value with its keys in reverse order."""
    match value:
        case dict():
            return {key: reordered(value[key]) for key in reversed(value)}
        case list():
            return [reordered(each) for each in value]
        case _:
            return value


def edit(folder: Path, module: str, source: str) -> None:
    path = folder / f"{module}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)


@given(INGREDIENTS)
def test_a_version_has_32_hex_digits(ingredients: dict[str, Any]) -> None:
    assert re.fullmatch("[0-9a-f]{32}", version(ingredients))


@given(INGREDIENTS)
def test_the_same_ingredients_in_any_order_make_the_same_version(
    ingredients: dict[str, Any],
) -> None:
    assert version(ingredients) == version(reordered(ingredients))


@given(INGREDIENTS)
def test_ingredients_that_went_through_json_make_the_same_version(
    ingredients: dict[str, Any],
) -> None:
    assert version(ingredients) == version(json.loads(json.dumps(ingredients)))


@pytest.mark.parametrize("name", ["asset", "code", "contract", "params", "inputs", "spark"])
@given(ingredients=INGREDIENTS, other=INGREDIENTS)
def test_changing_an_ingredient_makes_another_version(
    name: str, ingredients: dict[str, Any], other: dict[str, Any]
) -> None:
    def written(value: Any) -> str:
        return json.dumps(value, sort_keys=True)

    assume(written(ingredients[name]) != written(other[name]))
    assert version(ingredients) != version({**ingredients, name: other[name]})


def test_a_version_is_the_same_in_every_process() -> None:
    command = "from emr_ml.lake.versions import digest; print(digest({'é': [1, 0.1, None]}))"
    other = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True)
    assert other.stdout.decode().strip() == digest({"é": [1, 0.1, None]})


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        digest({"tolerance": float("nan")})


def test_the_release_of_spark_is_the_installed_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", local_spark())


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    folder = tmp_path / "jobs"
    for name, source in {
        "__init__": "",
        "train": "import os\nfrom jobs.shared import scale\n",
        "shared": "import jobs.deep.numbers\n",
        "deep/__init__": "",
        "deep/numbers": "ONE = 1\n",
        "sales": "from jobs import shared\n",
        "lonely": "import json\n",
    }.items():
        edit(folder, name, source)
    return folder


def code_in(job: str, folder: Path) -> str:
    return job_code(f"{folder.name}.{job}", folder.parent).digest


def changed(job: str, folder: Path, module: str, source: str) -> bool:
    """Return True if an edit of the module changes the job's code."""
    before = code_in(job, folder)
    edit(folder, module, source)
    # the digest is cached, because the code does not change while a process runs
    job_code.cache_clear()
    return code_in(job, folder) != before


@pytest.mark.parametrize("module", ["train", "shared", "deep/numbers"])
def test_editing_a_module_that_a_job_imports_changes_its_code(jobs: Path, module: str) -> None:
    source = (jobs / f"{module}.py").read_text()
    assert changed("train", jobs, module, f"{source}# edited\n")


@pytest.mark.parametrize("module", ["sales", "lonely", "brand_new"])
def test_editing_another_job_does_not_change_its_code(jobs: Path, module: str) -> None:
    assert not changed("train", jobs, module, "TWO = 2\n")


def test_a_module_imported_from_its_package_is_followed(jobs: Path) -> None:
    assert changed("sales", jobs, "deep/numbers", "ONE = 2\n")


@pytest.mark.parametrize(
    "line",
    [
        "from . import lonely",
        "from .lonely import x",
        "from .deep import numbers\nfrom .deep.more import x",
        "def f():\n    import jobs.lonely",
        "if True:\n    from jobs import lonely",
        "try:\n    import jobs.lonely as alias\nexcept ImportError:\n    pass",
    ],
)
def test_an_import_is_followed_however_it_is_written(jobs: Path, line: str) -> None:
    edit(jobs, "train", line)
    edit(jobs, "deep/more", "from ..lonely import x\n")
    job_code.cache_clear()
    assert changed("train", jobs, "lonely", "TWO = 2\n")


@pytest.mark.parametrize("quote", ['"', "'"])
def test_imports_that_only_start_a_job_are_not_followed(jobs: Path, quote: str) -> None:
    guard = f"if __name__ == {quote}__main__{quote}:\n    from jobs.lonely import main\n"
    edit(jobs, "train", guard)
    job_code.cache_clear()
    assert not changed("train", jobs, "lonely", "TWO = 2\n")


def test_modules_that_import_each_other_have_a_code(jobs: Path) -> None:
    edit(jobs, "lonely", "import jobs.train\n")
    assert changed("train", jobs, "shared", "import jobs.lonely\n")


def test_the_code_does_not_depend_on_the_folder_of_the_project(jobs: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "jobs"
    shutil.copytree(jobs, other)
    assert code_in("train", jobs) == code_in("train", other)


def test_two_jobs_have_different_code() -> None:
    assert code_of("lr_model") != code_of("metrics")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the project's jobs to edit."""
    return Path(shutil.copytree(JOBS, tmp_path / JOBS.name))


JOB_NAMES = [
    *("processed_dataset", "lr_model", "metrics", "champion_model", "champion_metrics"),
    "sales_by_seller",
]


@pytest.mark.parametrize("job", [job for job in JOB_NAMES if job != "sales_by_seller"])
def test_editing_the_sales_job_does_not_change_training_jobs(copy: Path, job: str) -> None:
    assert not changed(job, copy, "sales_by_seller", "edited = True\n")


@pytest.mark.parametrize("job", JOB_NAMES)
@pytest.mark.parametrize(
    "module",
    ["runtime/lake/__init__", "runtime/lake/s3", "runtime/report", "runtime/submit"],
)
def test_code_that_runs_and_commits_jobs_is_not_part_of_theirs(
    copy: Path, job: str, module: str
) -> None:
    assert not changed(job, copy, module, "edited = True\n")


def test_the_split_is_part_of_the_models_code(copy: Path) -> None:
    assert changed("lr_model", copy, "learning/split", "edited = True\n")


@pytest.mark.parametrize("module", ["learning/tuning", "evaluation/binary"])
def test_editing_code_that_uses_the_data_set_does_not_change_the_data_set(
    copy: Path, module: str
) -> None:
    assert not changed("processed_dataset", copy, module, "edited = True\n")
