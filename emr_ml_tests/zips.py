"""Zip archives as people make them; the same bytes each time."""

import io
import zipfile


class Stream(io.BytesIO):
    """Can't be moved in, so that sizes stand behind each file's content."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation


def zipped(*contents: bytes, method: int = zipfile.ZIP_DEFLATED, stream: bool = False) -> bytes:
    """Return an archive of files `0.csv`, `1.csv` and so on with these contents."""
    archive = Stream() if stream else io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as written:
        for number, content in enumerate(contents):
            written.writestr(zipfile.ZipInfo(f"{number}.csv"), content, method)
    return archive.getvalue()


def locked(archive: bytes) -> bytes:
    """Return an archive of one file with the flag that says it needs a password."""
    entry = archive.index(b"PK\x01\x02")
    changed = bytearray(archive)
    changed[6] |= 1
    changed[entry + 8] |= 1
    return bytes(changed)
