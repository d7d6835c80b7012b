"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, whether it is good, what was found, what to do if bad."""

    name: str
    good: bool
    text: str
    fix: str = ""

    @property
    def line(self) -> str:
        """The finding in one line."""
        text = "; ".join(self.text.splitlines())
        if self.good:
            return f"good  {self.name:<18}  {text}"
        return f"bad   {self.name:<18}  {text.rstrip('.')}. Fix: {'; '.join(self.fix.splitlines())}"


def good(name: str, text: str) -> Finding:
    """All is well, or could not be asked and need not be wrong."""
    return Finding(name, good=True, text=text)


def bad(name: str, text: str, fix: str) -> Finding:
    """Nothing will work until this is mended."""
    return Finding(name, good=False, text=text, fix=fix)
