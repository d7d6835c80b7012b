"""Whether a model can score the rows of a contract, and the champion if it can."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

from emr_ml.contract import Contract, Dialect
from emr_ml.lake.champion import MODEL, NO_CHAMPION, read_champion
from emr_ml.lake.inputs import committed_input, committed_report
from spark_jobs.runtime.job import Input
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, job_key, read_report

TASK_FIELDS = ("column", "kind", "positive")
PARSING_FIELDS = ("format", "dialect", "missing")
VALUE_FIELDS = ("format", "language", "first_year", "zone", "fold_case", "blank")


class NoUsableChampionError(Exception):
    """There is no champion, or it can't be used on these rows: the reason and what to do."""


@dataclass(frozen=True)
class TrainingSchema:
    """The parts of a contract that a model depends on, as JSON values.

    Args:
        kinds: of the columns, by name.
        label: the column to predict.
        split: percent of the rows by split.
        id: columns of the id.
        parsing: the fields that change values when files are read.
    """

    kinds: Mapping[str, str]
    label: Mapping[str, Any]
    split: Mapping[str, int]
    id: tuple[str, ...]
    parsing: Mapping[str, Any]

    @classmethod
    def from_json(cls, contract: Mapping[str, Any]) -> Self:
        """Return the schema in the contract fields of a request."""
        return cls(
            kinds={name: column["kind"] for name, column in contract["columns"].items()},
            label=contract["label"] or {},
            split=contract["split"],
            id=tuple(contract["id"]),
            parsing={
                **{key: contract[key] for key in PARSING_FIELDS},
                # reports of earlier releases lack what these add
                "dialect": {
                    **Dialect.model_validate({}).model_dump(mode="json"),
                    **contract["dialect"],
                },
                "values": {
                    name: {key: _given(column[key]) for key in VALUE_FIELDS if column.get(key)}
                    for name, column in (
                        *contract["columns"].items(),
                        ("", contract["label"] or {}),
                    )
                    if any(column.get(key) for key in ("format", "fold_case", "blank"))
                },
            },
        )

    @classmethod
    def of_contract(cls, contract: Contract) -> Self:
        """Return the schema of models that are trained by this contract."""
        return cls.from_json(contract.pick("columns", "label", "split", "id", *PARSING_FIELDS))

    def incompatibility(self, rows: Self) -> str | None:
        """Return why a model with this schema can't be evaluated on those rows, or None."""
        if problem := self.task_difference(rows) or self.missing_column(rows):
            return problem
        if self.split != rows.split:
            return "the `split` has changed, so it was trained on rows that are test rows now"
        # without an id, a row's split depends on all of its values
        values_changed = self.kinds.keys() != rows.kinds.keys() or self.parsing != rows.parsing
        if self.id != rows.id or (not self.id and values_changed):
            return (
                "the `id` has changed, or there is none and the columns or the parsing of their "
                "values have changed, so it was trained on rows that are test rows now"
            )
        return None

    def missing_column(self, rows: Self) -> str | None:
        """Return which column a model with this schema needs and those rows lack, or None."""
        for name, kind in self.kinds.items():
            actual = rows.kinds.get(name)
            if actual != kind:
                return f"it needs the {kind} column '{name}', which is {actual or 'missing'} now"
        return None

    def task_difference(self, rows: Self) -> str | None:
        """Return how the label that a model predicts differs from that of those rows, or None."""
        if all(self.label.get(key) == rows.label.get(key) for key in TASK_FIELDS):
            return None
        return f"it predicts {_label_text(self.label)}, and the label is {_label_text(rows.label)}"


def _given(value: Any) -> Any:
    """Return the value without the keys of a format that are not set."""
    if not isinstance(value, dict):
        return value
    return {key: each for key, each in cast("dict[str, Any]", value).items() if each}


def training_schema(lake: Lake, model: Report) -> TrainingSchema | None:
    """Return what a version of `lr_model` was trained on, or None if the lake lacks its data."""
    version = model.inputs["processed_dataset"]
    dataset = read_report(lake, "processed_dataset", version)
    of_model = requested_contract(lake, model)
    of_dataset = requested_contract(lake, dataset) if dataset else None
    if of_model is None or of_dataset is None:
        return None
    return TrainingSchema.from_json({**of_dataset, **of_model})


def usable_champion(
    lake: Lake, contract: Contract, *, on_test_split: bool = False
) -> tuple[Input, TrainingSchema]:
    """Return the champion as an input, and what it was trained on.

    Args:
        lake: that has the champion.
        contract: of the rows to score.
        on_test_split: the champion is to be evaluated, so the rows must have its label, and test
            rows must not be among those that it was trained on.

    Raises:
        NoUsableChampionError: there is no champion, or it can't score these rows.
        JobError: its version is gone from the lake.
    """
    champion = read_champion(lake)
    if champion is None:
        raise NoUsableChampionError(NO_CHAMPION)
    schema = training_schema(lake, committed_report(lake, MODEL, champion.version))
    rows = TrainingSchema.of_contract(contract)
    if schema is None:
        problem = "the lake no longer has the data it was trained on"
    elif on_test_split:
        problem = schema.incompatibility(rows)
    else:
        problem = schema.missing_column(rows)
    if schema is None or problem:
        raise NoUsableChampionError(
            f"the champion {champion.version} can't score rows of this contract: {problem}. "
            "Materialize champion_model, or choose another with `emr-ml promote VERSION`"
        )
    return committed_input(lake, MODEL, champion.version), schema


def without_label(contract: Contract) -> Contract:
    """Return the contract of rows to score, whose label and weight are ignored if they have any."""
    return contract.model_copy(update={"label": None, "weight": None})


def requested_contract(lake: Lake, report: Report) -> Mapping[str, Any] | None:
    """Return the contract fields in the request of a committed attempt."""
    key = job_key(report.asset, report.version, report.attempt, "request.json")
    stored = lake.read(key)
    return stored.parsed(lambda value: value["contract"]) if stored else None


def _label_text(label: Mapping[str, Any]) -> str:
    positive = f" = '{label['positive']}'" if label.get("positive") is not None else ""
    return f"'{label.get('column')}' ({label.get('kind')}){positive}"
