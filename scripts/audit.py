"""Asks whether a locked version is known to be vulnerable, as far as the database can be reached.

The exit code is 0 if none is, or if nobody could be asked, which it says loudly; 1 if one is.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "deploy/requirements.txt")
# by id, each with the reason why it can't harm here
ACCEPTED: dict[str, str] = {}
# what requests and pip-audit say if nobody answers, or a proxy or a failing server does
OUT_OF_REACH = ("ConnectionError", "ReadTimeout", "SSLError", "HTTPError", "ServiceError")
NOT_AUDITED = (
    "audit: THE LOCKED PACKAGES WERE NOT AUDITED: the database of vulnerabilities can't be "
    "reached from here. Run `make check` where it can"
)


def audit(lock: Path, service: list[str]) -> tuple[int, str]:
    """The exit code for one lock, and what to say of it."""
    command = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    ignored = [part for name in ACCEPTED for part in ("--ignore-vuln", name)]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", "-r", lock, *command, *ignored, *service],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except json.JSONDecodeError:
        if any(name in done.stderr for name in OUT_OF_REACH):
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
    """Audits each lock until the database is out of reach; the worst exit code."""
    parser = argparse.ArgumentParser(description="Audits the locked packages.")
    parser.add_argument("locks", nargs="*", type=Path, default=[ROOT / lock for lock in LOCKS])
    parser.add_argument("--osv-url", help="another database than the public one")
    given = parser.parse_args()
    service = ["--vulnerability-service", "osv"]
    service += ["--osv-url", given.osv_url] if given.osv_url else []
    worst = 0
    for lock in given.locks:
        code, said = audit(lock, service)
        (sys.stderr if code or said == NOT_AUDITED else sys.stdout).write(said + "\n")
        worst = max(worst, code)
        if said == NOT_AUDITED:
            break
    return worst


if __name__ == "__main__":
    sys.exit(main())
