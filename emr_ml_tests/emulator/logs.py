"""Logs on their way from the nodes to the bucket, minutes late as on EMR."""

import gzip
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from emr_ml_tests.emulator.faults import Fault
from emr_ml_tests.emulator.world import World, bucket_and_key


@dataclass
class Pending:
    """A file that will be an object at the emulated moment `due`."""

    cluster: str
    uri: str
    content: bytes
    due: float
    in_a_hurry: bool


class Logs:
    """Delivers what is due, in a thread of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pending: list[Pending] = []
        self._thread = threading.Thread(target=self._deliver, name="emr-logs", daemon=True)
        self._thread.start()

    def send(
        self,
        cluster: str,
        below: str,
        files: Mapping[str, bytes],
        delay: float,
        fault: Fault | None = None,
    ) -> None:
        """Put files as `<below>/<name>.gz`, after so many emulated seconds."""
        how = fault.detail["how"] if fault else None
        if how == "missing":
            return
        late = (fault.seconds or 0.0) if fault and how == "late" else 0.0
        due = self._world.clock.now() + delay + late
        for name, content in files.items():
            packed = gzip.compress(content, mtime=0)
            match how:
                case "truncated":
                    packed = packed[: len(packed) // 2]
                case "plain":
                    packed = content
                case _:
                    pass
            uri = f"{below}/{name}.gz"
            with self._world.changed:
                self._pending.append(Pending(cluster, uri, packed, due, not late))
                self._world.changed.notify_all()

    def hurry(self, cluster: str) -> None:
        """A cluster that ends pushes what it still has, but for what is planned to be late."""
        with self._world.changed:
            for one in self._pending:
                if one.cluster == cluster and one.in_a_hurry:
                    one.due = min(one.due, self._world.clock.now())
            self._world.changed.notify_all()

    def close(self) -> None:
        self._thread.join()

    def _deliver(self) -> None:
        world = self._world
        while not world.closing.is_set():
            with world.changed:
                now = world.clock.now()
                due = [one for one in self._pending if one.due <= now]
                self._pending = [one for one in self._pending if one.due > now]
                if not due:
                    next_due = min((one.due for one in self._pending), default=now + 3600.0)
                    world.changed.wait(min(world.clock.real(next_due - now), 0.2))
            for one in due:
                self._put(one)

    def _put(self, one: Pending) -> None:
        bucket, key = bucket_and_key(one.uri)
        try:
            self._world.s3.put_object(Bucket=bucket, Key=key, Body=one.content)
        except (ClientError, BotoCoreError) as error:
            self._world.record_event(
                one.cluster, f"a log could not be written to {one.uri}: {error}"
            )


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their names."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
