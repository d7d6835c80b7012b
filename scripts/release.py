"""Builds a release from the commit that is checked out; the same commit gives the same bytes.

The folder gets the sdist, the wheel, an SBOM of the locked packages (CycloneDX), and the SHA-256 of
all of them.
"""

import argparse
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = "deploy/requirements.txt"  # what a release runs with, all extras included
MODE = 0o022  # the umask; it decides the modes of files in the archives


def main() -> str | None:
    """Build the release; return what is wrong, if anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "dist")
    folder: Path = parser.parse_args().folder.resolve()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    if f"## {version} - " not in (ROOT / "CHANGELOG.md").read_text():
        return f"CHANGELOG.md has no heading `## {version} - DATE`: say what the release brings"
    if folder.exists() and any(folder.iterdir()):
        return f"{folder} is not empty: remove it, or name another with --folder"
    os.umask(MODE)
    built = build(folder, _git("log", "-1", "--format=%ct").decode().strip())
    if _git("status", "--porcelain"):
        sys.stderr.write("uncommitted changes are not part of the release\n")
    sys.stdout.write("".join(f"{file}\n" for file in built))
    return None


def build(folder: Path, seconds: str) -> list[Path]:
    """Return the files of a release, written to a folder.

    Args:
        folder: to write to.
        seconds: since 1970, the time of everything in the archives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": seconds}
    with tempfile.TemporaryDirectory() as temporary:
        # of the commit alone: what else lies in the checkout is not released
        source = Path(temporary, "source")
        with tarfile.open(fileobj=io.BytesIO(_git("archive", "HEAD"))) as archive:
            archive.extractall(source, filter="data")
        command = [_program("uv"), "build", "--quiet", "--no-build-isolation"]
        _run([*command, "--out-dir", str(folder), str(source)], environment)
    (sdist,) = folder.glob("*.tar.gz")
    sdist.write_bytes(_with_time(sdist.read_bytes(), int(seconds)))
    sbom = folder / f"{sdist.name.removesuffix('.tar.gz')}.cdx.json"
    command = [_program("cyclonedx-py"), "requirements", LOCK, "--pyproject", "pyproject.toml"]
    # it warns that a lock does not say which package needs which
    quiet = {**environment, "PYTHONWARNINGS": "ignore::UserWarning"}
    _run([*command, "--output-reproducible", "--output-file", str(sbom)], quiet)
    files = sorted(path for path in folder.iterdir() if path.name != ".gitignore")
    sums = folder / "SHA256SUMS"
    digests = (f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in files)
    sums.write_text("\n".join(digests) + "\n")
    return [*files, sums]


def _with_time(archive: bytes, seconds: int) -> bytes:
    """Return a .tar.gz with its files in order, of that time and of no user.

    setuptools heeds SOURCE_DATE_EPOCH in wheels, but not in an sdist.
    """
    plain = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as given,
        tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as made,
    ):
        for member in sorted(given.getmembers(), key=lambda each: each.name):
            member.mtime, member.uid, member.gid = seconds, 0, 0
            member.uname = member.gname = ""
            member.pax_headers = {}
            made.addfile(member, given.extractfile(member) if member.isfile() else None)
    return gzip.compress(plain.getvalue(), mtime=seconds)


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout  # noqa: S607 - git of the PATH, as everywhere


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
