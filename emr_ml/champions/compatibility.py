"""Whether a model can score the rows of a contract, and the champion if it can."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from emr_ml.contract import Contract
from emr_ml.lake.champion import MODEL, NO_CHAMPION, read_champion
from emr_ml.lake.inputs import committed_report
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, job_key, read_report

SAME_TASK = ("column", "kind", "positive")
READ_AS = ("format", "dialect", "missing")


@dataclass(frozen=True)
class Terms:
    """The kinds of the columns by name, the label, the split, the columns of the id.

    `read_as` is what of the contract changes values when files are read.
    """

    columns: Mapping[str, str]
    label: Mapping[str, Any]
    split: Mapping[str, int]
    id: tuple[str, ...]
    read_as: Mapping[str, Any]

    @classmethod
    def of(cls, contract: Mapping[str, Any]) -> Self:
        """The terms in those parts of a contract, as JSON values."""
        kinds = {name: column["kind"] for name, column in contract["columns"].items()}
        read_as = {key: contract[key] for key in READ_AS}
        label = contract["label"] or {}
        return cls(kinds, label, contract["split"], tuple(contract["id"]), read_as)

    @classmethod
    def in_contract(cls, contract: Contract) -> Self:
        """The terms that hold now."""
        return cls.of(contract.pick("columns", "label", "split", "id", *READ_AS))

    def why_not(self, rows: Self) -> str | None:
        """Why a model on these terms can't be put to rows on those; None if it can."""
        if problem := self.other_task(rows) or self.lacking(rows):
            return problem
        if self.split != rows.split:
            return "the `split` has changed, so it was trained on rows that are tested on now"
        # without an id, a row's side of the split depends on all of its values
        by_values = (self.columns.keys() ^ rows.columns) or self.read_as != rows.read_as
        if self.id != rows.id or (not self.id and by_values):
            return (
                "the `id` has changed, or there is none and the columns or the way that values "
                "are read have, so it was trained on rows that are tested on now"
            )
        return None

    def lacking(self, rows: Self) -> str | None:
        """Which column such a model needs that those rows do not have; None if they have all."""
        for name, kind in self.columns.items():
            now = rows.columns.get(name)
            if now != kind:
                return f"it needs the {kind} column '{name}', which is {now or 'not there'} now"
        return None

    def other_task(self, rows: Self) -> str | None:
        """What such a model predicts that those rows do not ask for; None if they do."""
        if all(self.label.get(key) == rows.label.get(key) for key in SAME_TASK):
            return None
        return f"it predicts {_named(self.label)}, and the label is {_named(rows.label)} now"


def terms_of(lake: Lake, model: Report) -> Terms | None:
    """The terms that a version of `lr_model` was trained on; None if the lake tells no more."""
    version = model.inputs["processed_dataset"]
    dataset = read_report(lake, "processed_dataset", version)
    asked, cleaned = _asked(lake, model), _asked(lake, dataset.report) if dataset else None
    if asked is None or cleaned is None:
        return None
    return Terms.of({**cleaned, **asked})


def _asked(lake: Lake, report: Report) -> Mapping[str, Any] | None:
    """The parts of the contract that a version was made by."""
    key = job_key(report.asset, report.version, report.attempt, "request.json")
    stored = lake.read(key)
    return stored.parsed(lambda value: value["contract"]) if stored else None


def _named(label: Mapping[str, Any]) -> str:
    positive = f" = '{label['positive']}'" if label.get("positive") is not None else ""
    return f"'{label.get('column')}' ({label.get('kind')}){positive}"


class NotUsableError(Exception):
    """Why there is nobody to score or to be measured, and what to do."""


def usable_champion(lake: Lake, contract: Contract, *, to_measure: bool) -> tuple[Report, Terms]:
    """The champion's report, and what it was trained on.

    Args:
        lake: where it is.
        contract: of the rows that it is put to.
        to_measure: whether these have a label, and shall be rows that it has never seen.

    Raises:
        NotUsableError: there is none, or it can't be put to these rows.
        JobError: it is gone from the lake.
    """
    champion = read_champion(lake)
    if champion is None:
        raise NotUsableError(NO_CHAMPION)
    report = committed_report(lake, MODEL, champion.version)
    terms, now = terms_of(lake, report), Terms.in_contract(contract)
    if terms is None:
        problem = "the lake does not tell any more what it was trained on"
    else:
        problem = terms.why_not(now) if to_measure else terms.lacking(now)
    if terms is None or problem:
        raise NotUsableError(
            f"the champion {champion.version} can't be put to rows of this contract: {problem}. "
            "Materialize champion_model, or name another with `emr-ml promote VERSION`"
        )
    return report, terms
