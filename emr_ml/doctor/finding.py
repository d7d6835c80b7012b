"""The result of a check."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Args:
        name: what was checked.
        passed: also True if the check could not be made, because nothing is known to be wrong.
        text: what was found.
        fix: what to do if it did not pass.
    """

    name: str
    passed: bool
    text: str
    fix: str = ""

    @property
    def line(self) -> str:
        """The finding in one line."""
        text = "; ".join(self.text.splitlines())
        if self.passed:
            return f"good  {self.name:<18}  {text}"
        return f"bad   {self.name:<18}  {text.rstrip('.')}. Fix: {'; '.join(self.fix.splitlines())}"


def good(name: str, text: str) -> Finding:
    """Return a check that passed."""
    return Finding(name, passed=True, text=text)


def bad(name: str, text: str, fix: str) -> Finding:
    """Return a check that failed: runs will fail until this is fixed."""
    return Finding(name, passed=False, text=text, fix=fix)


def unchecked(name: str, reason: str, subject: str = "") -> Finding:
    """Return a check that could not be made, for example for lack of permissions."""
    prefix = f"{subject}; " if subject else ""
    return good(name, f"{prefix}could not be checked ({reason})")
