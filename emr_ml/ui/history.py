"""Dagster's history in SQLite, with an event log that keeps its connections open."""

import os
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    from dagster._core.storage.sqlite_storage import SqliteStorageConfig

KEPT_OPEN = 8  # databases: the index of all runs, and those of the last runs
SECONDS_FOR_A_LOCK = 30  # as Dagster waits


class SqliteHistory(DagsterSqliteStorage):
    """Named in a dagster.yaml; differs from Dagster's own in its event log alone."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        # in the folder in which Dagster's own is
        self._event_log_storage = EventLog(str(Path(base_dir) / "history" / "runs"))

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: "SqliteStorageConfig"
    ) -> Self:
        return cls.from_local(inst_data=inst_data, **config_value)


class EventLog(SqliteEventLogStorage):
    """Keeps connections and compiled statements.

    Dagster opens a connection for each statement, compiles the statement again, and has SQLite move
    its log into the database when it closes the connection. For a run that computes nothing, that
    was a quarter of all CPU time.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines = OrderedDict[str, Engine]()
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Generator[Connection]:
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> Engine:
        path = Path(self.path_for_shard(shard))
        if shard in self._engines and not path.exists():
            # another process has removed the run
            self._engines.pop(shard).dispose()
            self._initialized_dbs.discard(shard)
        if shard not in self._engines:
            self._engines[shard] = create_engine(
                self.conn_string_for_shard(shard),
                # one connection, which the lock gives to one thread at a time
                poolclass=StaticPool,
                connect_args={"timeout": SECONDS_FOR_A_LOCK, "check_same_thread": False},
            )
        self._engines.move_to_end(shard)
        while len(self._engines) > KEPT_OPEN:
            self._engines.popitem(last=False)[1].dispose()
        if shard not in self._initialized_dbs:
            self._initdb(self._engines[shard])
            self._initialized_dbs.add(shard)
        return self._engines[shard]

    def store_event(self, event: EventLogEntry) -> None:
        super().store_event(event)
        # The webserver watches the file for news of a run; SQLite's log is another file.
        os.utime(self.path_for_shard(event.run_id))

    def dispose(self) -> None:
        super().dispose()
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()
