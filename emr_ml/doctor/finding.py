"""The result of a check."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["good", "bad", "skip"]


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Args:
        name: what was checked.
        verdict: `skip` if the check could not be made, so that nothing is known.
        text: what was found.
        fix: what to do if it is bad.
        ends_access: whether AWS can't be asked anything else because of it.
    """

    name: str
    verdict: Verdict
    text: str
    fix: str = ""
    ends_access: bool = False

    @property
    def passed(self) -> bool:
        """False if something is known to be wrong."""
        return self.verdict != "bad"

    @property
    def reason(self) -> str:
        """Why other checks are not made if this one ends the access."""
        return f"AWS can't be asked, see {self.name}"

    @property
    def line(self) -> str:
        """The finding in one line."""
        text = "; ".join(self.text.splitlines())
        if self.passed:
            return f"{self.verdict}  {self.name:<18}  {text}"
        return f"bad   {self.name:<18}  {text.rstrip('.')}. Fix: {'; '.join(self.fix.splitlines())}"


def good(name: str, text: str) -> Finding:
    """Return a check that passed."""
    return Finding(name, "good", text)


def bad(name: str, text: str, fix: str, *, ends_access: bool = False) -> Finding:
    """Return a check that failed: runs will fail until this is fixed."""
    return Finding(name, "bad", text, fix, ends_access)


def unchecked(name: str, reason: str, subject: str = "") -> Finding:
    """Return a check that could not be made, for example for lack of permissions."""
    prefix = f"{subject}: " if subject else ""
    return Finding(name, "skip", f"{prefix}not checked: {reason}")
