"""A process that looks for garbage less often, and not when it ends."""

import subprocess
import sys

CYCLE = """
import gc
from emr_ml.garbage import collect_less

class Cycle:
    def __init__(self):
        self.itself = self

    def __del__(self):
        print("found")

collect_less()
cycle = Cycle()
del cycle
{then}
print("end")
"""


def printed(then: str) -> list[str]:
    """What a process with an unreachable object prints."""
    code = CYCLE.format(then=then)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ran.stdout.split()


def test_garbage_is_found_after_many_new_objects() -> None:
    assert printed("few = [[] for _ in range(5_000)]") == ["end"]
    assert printed("many = [[] for _ in range(100_000)]") == ["found", "end"]


def test_garbage_is_not_looked_for_at_the_end() -> None:
    assert printed("") == ["end"]
