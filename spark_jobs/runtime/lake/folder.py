"""A lake in a folder."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spark_jobs.runtime.content import changed_error, content_of
from spark_jobs.runtime.lake.base import Lake, Object, Stored, checked


class FolderLake(Lake):
    """Objects as files. Writes go to a temporary file first and appear by one rename or link."""

    def __init__(self, root: str) -> None:
        self.folder = Path(root).absolute()
        self.root = str(self.folder)

    def below(self, key: str) -> "FolderLake":
        return FolderLake(self.uri(key))

    def read(self, key: str) -> Stored | None:
        try:
            body = self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        return Stored(body, _etag(body), self.uri(key))

    def write(self, key: str, body: bytes) -> str:
        with self._staged(key, body) as staged:
            staged.replace(self._path(key))
        return _etag(body)

    def create(self, key: str, body: bytes) -> str | None:
        with self._staged(key, body) as staged:
            try:
                os.link(staged, self._path(key))
            except FileExistsError:
                return None
        return _etag(body)

    def swap(self, key: str, body: bytes, etag: str) -> str | None:
        with self._staged(key, body) as staged, self._locked(key):
            stored = self.read(key)
            if stored is None or stored.etag != etag:
                return None
            staged.replace(self._path(key))
        return _etag(body)

    def remove(self, key: str) -> None:
        path = self._path(key)
        # Hadoop keeps a checksum next to a file
        for each in (path, path.with_name(f".{path.name}.crc")):
            with suppress(FileNotFoundError, NotADirectoryError):
                each.unlink()

    def list(self, prefix: str) -> Iterator[Object]:
        inner = prefix.rpartition("/")[0]
        walk = self._path(inner) if inner else self.folder
        entries = ((path.relative_to(self.folder).as_posix(), path) for path in walk.rglob("*"))
        for key, path in sorted(entries):
            if key.startswith(prefix) and not path.name.startswith(".") and path.is_file():
                with suppress(FileNotFoundError):
                    stat = path.stat()
                    yield Object(key, stat.st_size, stat.st_mtime)

    def upload(self, path: Path, key: str, content: str) -> None:
        target = self._path(key)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with _temporary(target.parent) as staged:
            with path.open("rb") as source, staged.open("wb") as copy:
                while chunk := source.read(1 << 20):
                    copy.write(chunk)
            if content_of(staged) != content:
                raise changed_error(path)
            staged.replace(target)

    def _path(self, key: str) -> Path:
        return self.folder / checked(key)

    @contextmanager
    def _staged(self, key: str, body: bytes) -> Generator[Path]:
        folder = self._path(key).parent
        folder.mkdir(parents=True, exist_ok=True)
        with _temporary(folder) as staged:
            with staged.open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            yield staged

    @contextmanager
    def _locked(self, key: str) -> Generator[None]:
        path = self._path(key)
        # a planted link must not turn a file elsewhere into the lock
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW
        lock = os.open(path.with_name(f".{path.name}.lock"), flags, 0o644)
        try:
            # the kernel releases the lock when its holder dies, so no lock is left behind
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


@contextmanager
def _temporary(folder: Path) -> Generator[Path]:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=folder)
    os.close(handle)
    path = Path(name)
    path.chmod(0o644)  # mkstemp's files are readable by their owner only
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _etag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
