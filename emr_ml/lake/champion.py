"""`champion.json`: which version of `lr_model` is the champion, and why a model became it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from pydantic import TypeAdapter

from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake, Stored
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import Report, attempt_key

MODEL = "lr_model"
METRICS = "metrics"  # of a version of it
# the input of a comparison whose name is not the asset's
ASSET_OF_INPUT = {"champion": MODEL}
KEY = "champion_model/champion.json"
DECISION = "decision.json"  # beside the metrics that it is about
MAX_LINE, MAX_HISTORY = 50, 500

NO_CHAMPION = (
    "there is no champion yet: materialize champion_model, or choose one with "
    "`emr-ml promote VERSION`"
)


@dataclass(frozen=True)
class Champion:
    """A version of `lr_model`, and how it became champion; `run_id` is None if by hand."""

    version: str
    run_id: str | None
    at: str
    how: Literal["first", "better", "by hand", "rolled back"]
    why: str


@dataclass(frozen=True)
class ChampionRecord:
    """The contents of `champion.json`.

    Args:
        line: the champions to roll back to, oldest first; the last is the champion now.
        history: every promotion and rollback, oldest first.
        barred: versions that were rolled back; they can be promoted by hand only.
    """

    line: tuple[Champion, ...] = ()
    history: tuple[Champion, ...] = ()
    barred: tuple[str, ...] = ()

    @staticmethod
    def of(stored: Stored | None) -> "ChampionRecord":
        """Parse a `champion.json`.

        Raises:
            JobError: the file is damaged.
        """
        return stored.parsed(_RECORD.validate_python) if stored else ChampionRecord()

    @property
    def champion(self) -> Champion | None:
        return self.line[-1] if self.line else None

    def with_line(self, line: tuple[Champion, ...], entry: Champion) -> "ChampionRecord":
        """Return the record with that line and the entry, whose version is no longer barred."""
        return replace(
            self,
            line=line[-MAX_LINE:],
            history=(*self.history, entry)[-MAX_HISTORY:],
            barred=tuple(version for version in self.barred if version != entry.version),
        )

    def barring(self, version: str) -> "ChampionRecord":
        """Return the record with that version barred."""
        others = tuple(each for each in self.barred if each != version)
        return replace(self, barred=(*others, version))


_RECORD = TypeAdapter(ChampionRecord)


def read_record(lake: Lake) -> ChampionRecord:
    """Return the record of champions, which is empty at first."""
    return ChampionRecord.of(lake.read(KEY))


def read_champion(lake: Lake) -> Champion | None:
    """Return the champion, or None if there is none yet."""
    return read_record(lake).champion


def promote(lake: Lake, entry: Champion, over: str | None) -> bool:
    """Replace the champion `over`, or none, by the entry, and return True.

    Return False, and change nothing, if another version is champion now or this one is barred.
    """

    def change(record: ChampionRecord) -> ChampionRecord | None:
        current = record.champion.version if record.champion else None
        if current != over or entry.version in record.barred:
            return None
        return record.with_line((*record.line, entry), entry)

    return _update(lake, change) is not None


def promote_by_hand(lake: Lake, version: str, why: str) -> bool:
    """Make the version champion whatever is champion now; return False if it already is."""

    def change(record: ChampionRecord) -> ChampionRecord | None:
        if record.champion and record.champion.version == version:
            return None
        entry = Champion(version, None, now(), "by hand", why)
        return record.with_line((*record.line, entry), entry)

    return _update(lake, change) is not None


def roll_back(lake: Lake, version: str, why: str) -> Champion:
    """Bar the version, which is the champion, and make its predecessor champion again.

    Raises:
        JobError: there is no predecessor, or another version is champion now.
    """

    def change(record: ChampionRecord) -> ChampionRecord:
        current = record.champion.version if record.champion else None
        if current != version:
            raise JobError(
                f"the champion is now {current}, not {version}, so nothing was rolled "
                "back: check it and try again"
            )
        if len(record.line) < 2:
            raise JobError(
                f"{version} is the only champion so far, so there is none to go back to: promote "
                "another version with `emr-ml promote VERSION`"
            )
        entry = Champion(record.line[-2].version, None, now(), "rolled back", why)
        return record.with_line((*record.line[:-2], entry), entry).barring(version)

    record = _update(lake, change)
    assert record, "a rollback changes the record or raises"
    return record.line[-1]


def read_decision(lake: Lake, metrics: Report) -> Mapping[str, Any] | None:
    """Return what `record_decision` wrote, or None."""
    stored = lake.read(_decision_key(metrics))
    return stored.json() if stored else None


def record_decision(lake: Lake, metrics: Report, decision: Mapping[str, Any]) -> None:
    """Keep beside the metrics whether their model became champion: `promoted`, `reason`, scores."""
    lake.write_json(_decision_key(metrics), decision)


def _update(
    lake: Lake, change: Callable[[ChampionRecord], ChampionRecord | None]
) -> ChampionRecord | None:
    """Apply the change in one conditional write; return the new record, or None for no change."""
    while True:
        stored = lake.read(KEY)
        changed = change(ChampionRecord.of(stored))
        if changed is None:
            return None
        body = as_json(asdict(changed))
        if lake.write_if_unchanged(KEY, body, stored.etag if stored else None):
            return changed


def _decision_key(metrics: Report) -> str:
    # in the folder of the attempt, so that it is removed with its data
    return f"{attempt_key(METRICS, metrics.version, metrics.attempt)}/{DECISION}"
