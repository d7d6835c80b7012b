"""Bad data and bad models: the check named here blocks or flags them, and the champion stays."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from emr_ml.lake.champion import read_champion
from emr_ml_tests.graph import TRAINING, Graph, metadata
from emr_ml_tests.two_classes import CONTRACT, Row, good
from spark_jobs.runtime.lake import open_lake

pytestmark = pytest.mark.usefixtures("spark")

TRAINED = (*TRAINING, "champion_model")


def shuffled() -> list[Row]:
    generator = np.random.default_rng(2)
    labels = generator.permutation([kind for _, _, kind in good(2)])
    return [(h, w, str(kind)) for (h, w, _), kind in zip(good(2), labels, strict=True)]


def drifted() -> list[Row]:
    return [(h + 3.0, w, kind) for h, w, kind in good(3)]


def one_class() -> list[Row]:
    return [(h, w, "yes") for h, w, _ in good(4)]


class Source:
    """A source whose champion was trained on good data."""

    def __init__(self, folder: Path) -> None:
        self.graph = Graph(folder).with_toy_data()
        self.put(good())

    def put(self, rows: list[Row], *, leaked: bool = False) -> None:
        more = "copy: numeric" if leaked else ""
        Path(self.graph.settings.dataset).write_text(CONTRACT.format(more=more))
        lines = [f"{h},{w},{kind},{int(kind == 'yes')}" for h, w, kind in rows]
        text = "\n".join(["height,width,kind,copy", *lines]) + "\n"
        Path(str(self.graph.settings.source)).write_text(text)

    def champion(self) -> str:
        found = read_champion(open_lake(self.graph.settings.lake))
        assert found
        return found.version


def failed_checks(result: dg.ExecuteInProcessResult) -> set[str]:
    return {each.check_name for each in result.get_asset_check_evaluations() if not each.passed}


@pytest.fixture(scope="module", name="source")
def fixture_source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    source = Source(tmp_path_factory.mktemp("bad_data"))
    first = source.graph.materialize(TRAINED)
    assert first.success
    assert failed_checks(first) == set()
    assert metadata(first, "champion_model")["promoted"]
    return source


@pytest.mark.parametrize(
    ("rows", "leaked", "check"),
    [
        (shuffled, False, "better_than_majority"),
        (good, True, "leak_suspicion"),
        (drifted, False, "drift"),
    ],
    ids=["random labels", "the label as a column", "a drifted column"],
)
def test_a_model_that_a_check_flags_does_not_become_champion(
    source: Source, rows: Callable[[], list[Row]], leaked: bool, check: str
) -> None:
    before = source.champion()
    source.put(rows(), leaked=leaked)

    result = source.graph.materialize(TRAINED)

    assert result.success
    assert check in failed_checks(result)
    shown = metadata(result, "champion_model")
    assert not shown["promoted"]
    assert check in shown["reason"]
    assert source.champion() == before


def test_data_that_lacks_a_class_is_blocked_before_training(source: Source) -> None:
    before = source.champion()
    source.put(one_class())

    result = source.graph.materialize(TRAINED)

    assert not result.success
    assert "label_classes" in failed_checks(result)
    materialized = {
        each.asset_key.path[-1]
        for each in result.get_asset_materialization_events()
        if each.asset_key
    }
    assert "lr_model" not in materialized
    assert source.champion() == before
