"""`champion.json`: which version of `lr_model` is the champion, and how it came to be that."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Literal

from pydantic import TypeAdapter

from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake, Stored
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import report_key

MODEL = "lr_model"
KEY = "champion_model/champion.json"
LONGEST_LINE, LONGEST_HISTORY = 50, 500
DIGITS, FEWEST_DIGITS = 32, 8  # of a version, and of what is given for one

NO_CHAMPION = (
    "there is no champion yet: materialize champion_model, or name one with "
    "`emr-ml promote VERSION`"
)

How = Literal["first", "better", "by hand", "rolled back"]


@dataclass(frozen=True)
class Champion:
    """A version of `lr_model` from when it became champion; `run_id` is None by hand."""

    version: str
    run_id: str | None
    at: str
    how: How
    why: str


@dataclass(frozen=True)
class Record:
    """The champions.

    The last of `line` is the champion, the one before it is who comes back by a rollback.
    `history` is all that happened, the newest last. `barred` are versions that were rolled back:
    only by hand do they become champion again.
    """

    line: tuple[Champion, ...] = ()
    history: tuple[Champion, ...] = ()
    barred: tuple[str, ...] = ()

    @staticmethod
    def of(stored: Stored | None) -> "Record":
        """The record in a `champion.json`; JobError if it is damaged."""
        return stored.parsed(_RECORD.validate_python) if stored else Record()

    @property
    def champion(self) -> Champion | None:
        return self.line[-1] if self.line else None

    def with_line(self, line: tuple[Champion, ...], entry: Champion) -> "Record":
        """The record after that entry, with the line that it leads to."""
        return replace(
            self,
            line=line[-LONGEST_LINE:],
            history=(*self.history, entry)[-LONGEST_HISTORY:],
            barred=tuple(version for version in self.barred if version != entry.version),
        )

    def barring(self, version: str) -> "Record":
        """The record with that version barred."""
        others = tuple(each for each in self.barred if each != version)
        return replace(self, barred=(*others, version))


_RECORD = TypeAdapter(Record)


def read_record(lake: Lake) -> Record:
    """The champions so far."""
    return Record.of(lake.read(KEY))


def read_champion(lake: Lake) -> Champion | None:
    """The champion as it is now."""
    return read_record(lake).champion


def promote(lake: Lake, entry: Champion, over: str | None) -> bool:
    """Make the entry's version champion in place of the version `over`; whether that was done.

    It is not if another is champion by now, or if the version has been barred.
    """

    def change(record: Record) -> Record | None:
        standing = record.champion.version if record.champion else None
        if standing != over or entry.version in record.barred:
            return None
        return record.with_line((*record.line, entry), entry)

    return _change(lake, change) is not None


def promote_by_hand(lake: Lake, version: str, why: str) -> bool:
    """Make the version champion whoever is it now; False if it is the champion already."""

    def change(record: Record) -> Record | None:
        if record.champion and record.champion.version == version:
            return None
        entry = Champion(version, None, now(), "by hand", why)
        return record.with_line((*record.line, entry), entry)

    return _change(lake, change) is not None


def roll_back(lake: Lake, version: str, why: str) -> Champion:
    """Bar the version, which is the champion, and make the one before it champion again.

    Raises:
        JobError: there is none before it, or another is champion by now.
    """

    def change(record: Record) -> Record:
        standing = record.champion.version if record.champion else None
        if standing != version:
            raise JobError(
                f"the champion is {standing} by now, and no longer {version}, so nothing was "
                "rolled back: look again"
            )
        if len(record.line) < 2:
            raise JobError(
                f"{version} is the only champion there was, so there is none to go back to: make "
                "another version champion with `emr-ml promote VERSION`"
            )
        entry = Champion(record.line[-2].version, None, now(), "rolled back", why)
        return record.with_line((*record.line[:-2], entry), entry).barring(version)

    record = _change(lake, change)
    assert record, "a rollback changes the record or raises"
    return record.line[-1]


def model_versions(lake: Lake, start: str = "") -> Iterator[str]:
    """The committed versions of `lr_model` whose digits start like that."""
    for entry in lake.list(f"{MODEL}/{start}"):
        version, _, rest = entry.key.removeprefix(f"{MODEL}/").partition("/")
        if rest == "report.json" and entry.key == report_key(MODEL, version):
            yield version


def _change(lake: Lake, change: Callable[[Record], Record | None]) -> Record | None:
    """Write what the change makes of the record, in one conditional write; None if of nothing."""
    while True:
        stored = lake.read(KEY)
        changed = change(Record.of(stored))
        if changed is None:
            return None
        body = as_json(asdict(changed))
        written = lake.swap(KEY, body, stored.etag) if stored else lake.create(KEY, body)
        if written:
            return changed
