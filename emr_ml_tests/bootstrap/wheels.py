"""Wheels of a tiny package, so that tests do not need the network."""

import hashlib
import platform
import sys
import zipfile
from pathlib import Path

# the folder of this machine's wheels in a wheelhouse
HERE = f"cp{sys.version_info.major}{sys.version_info.minor}-{platform.machine()}"


def make_wheel(
    folder: Path, name: str = "greeting", version: str = "1.0", tag: str = "py3-none-any"
) -> Path:
    """A wheel that pip installs; it has a module of the package's name."""
    about = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{about}/RECORD": "",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in files.items():
            wheel.writestr(zipfile.ZipInfo(member), text)
    return path


def pin(*wheels: Path) -> str:
    """The requirement that these wheels of one release meet, and no other file."""
    name, version, *_ = wheels[0].name.split("-")
    hashes = (hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels)
    return f"{name}=={version}" + "".join(f" \\\n    --hash=sha256:{each}" for each in hashes)


def make_index(folder: Path, *wheels: Path) -> str:
    """The address of a package index that has only these wheels."""
    for wheel in wheels:
        page = folder / wheel.name.split("-")[0] / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        with page.open("a") as html:
            html.write(f'<a href="{wheel.as_uri()}">{wheel.name}</a>\n')
    return folder.as_uri()
