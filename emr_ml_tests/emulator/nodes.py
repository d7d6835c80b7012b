"""A node's sandbox: a folder that is its file system, its Python and its programs."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emr_ml_tests.emulator.programs import Program
from emr_ml_tests.emulator.spark_home import light_programs, real_programs
from emr_ml_tests.emulator.world import NODE, REGION, World

HERE = Path(__file__).resolve().parent
# pip's own settings, and where Java and certificates are
PASSED_ON = ("PIP_", "SSL_", "REQUESTS_", "JAVA_HOME", "http_proxy", "https_proxy", "no_proxy")
SUDO = """#!/bin/sh
while :; do case "$1" in
-u) shift 2 ;; --) shift; break ;; -*) shift ;; *) break ;;
esac; done
exec env "$@"
"""
AWS = f"""#!/bin/sh
exec {sys.executable} -I {HERE / "aws_cli.py"} "$@"
"""


@dataclass(frozen=True)
class Node:
    """A machine of a cluster: what runs on it runs with its own PATH and credentials."""

    folder: Path
    world: World

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def prepare(self, classifications: Sequence[Mapping[str, object]]) -> None:
        """Lay out the sandbox; `classifications` are the cluster's `Configurations`."""
        for name in ("bin", "home", "tmp", "spark"):
            (self.folder / name).mkdir(parents=True)
        programs = {"sudo": SUDO, "aws": AWS}
        if self.world.spark == "light":
            programs |= light_programs()
        else:
            programs |= real_programs(self.folder, self.world.url, classifications)
        for name, text in programs.items():
            path = self.folder / "bin" / name
            path.write_text(text)
            path.chmod(0o755)

    def environment(self) -> dict[str, str]:
        """Nothing of the harness but what pip and Java need."""
        java = shutil.which("java")
        path = [str(self.folder / "bin"), "/usr/local/bin", "/usr/bin", "/bin"]
        passed = {n: v for n, v in os.environ.items() if n.startswith(PASSED_ON)}
        return passed | {
            "PATH": os.pathsep.join([*path, str(Path(java).parent)] if java else path),
            "HOME": str(self.home),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
            "USER": "hadoop",
            "PIP_CACHE_DIR": str(Path.home() / ".cache" / "pip"),
            "AWS_ENDPOINT_URL": self.world.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": NODE,
            "AWS_SECRET_ACCESS_KEY": NODE,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start(self, command: Sequence[str], logs: Path, more: Mapping[str, str]) -> Program:
        """Start a program.

        Raises:
            OSError: there is no such program.
        """
        return Program(command, self.environment() | dict(more), self.home, logs)
