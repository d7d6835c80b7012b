"""Checks the locked packages for known vulnerabilities.

The exit code is 1 if a package is vulnerable. It is 0 if none is, or if the database can't be
reached, which is reported in capital letters.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "deploy/requirements.txt")
# ids of vulnerabilities to ignore, each with the reason why it does no harm here
ACCEPTED: dict[str, str] = {}
# errors of requests and pip-audit if the database, or a proxy before it, does not answer or fails
UNREACHABLE = ("ConnectionError", "ReadTimeout", "SSLError", "HTTPError", "ServiceError")
NOT_AUDITED = (
    "audit: THE LOCKED PACKAGES WERE NOT AUDITED: the database of vulnerabilities can't be "
    "reached from here. Run `make check` where it can be reached"
)


def audit(lock: Path, service: list[str]) -> tuple[int, str]:
    """Return the exit code and the message for one lock.

    Args:
        service: options of pip-audit that select the database.
    """
    command = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    ignore_options = [part for name in ACCEPTED for part in ("--ignore-vuln", name)]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", "-r", lock, *command, *ignore_options, *service],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except json.JSONDecodeError:
        if any(name in done.stderr for name in UNREACHABLE):
            return 0, NOT_AUDITED
        return 1, f"audit: pip-audit failed on {lock.name}:\n{done.stderr.strip()[-2000:]}"
    findings = [
        _finding(package, vuln) for package in packages for vuln in package.get("vulns", ())
    ]
    if findings:
        return 1, "\n".join([f"audit: vulnerable in {lock.name}, see scripts/audit.py:", *findings])
    return 0, f"audit: {len(packages)} packages of {lock.name}, none known to be vulnerable"


def _finding(package: dict[str, Any], vuln: dict[str, Any]) -> str:
    fixed = ", ".join(vuln["fix_versions"]) or "no release yet"
    return f"  {package['name']} {package['version']}: {vuln['id']}, fixed in {fixed}"


def main() -> int:
    """Audit all locks, or stop if the database can't be reached; return the highest exit code."""
    parser = argparse.ArgumentParser(description="Audits the locked packages.")
    parser.add_argument("locks", nargs="*", type=Path, default=[ROOT / lock for lock in LOCKS])
    parser.add_argument("--osv-url", help="address of the database, instead of the public one")
    arguments = parser.parse_args()
    service = ["--vulnerability-service", "osv"]
    service += ["--osv-url", arguments.osv_url] if arguments.osv_url else []
    worst = 0
    for lock in arguments.locks:
        code, message = audit(lock, service)
        (sys.stderr if code or message == NOT_AUDITED else sys.stdout).write(message + "\n")
        worst = max(worst, code)
        if message == NOT_AUDITED:
            break
    return worst


if __name__ == "__main__":
    sys.exit(main())
