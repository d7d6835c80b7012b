"""A program on a node, from its start to its end: that of a step or of a job run."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emr_ml_tests.emulator.nodes import Node
from emr_ml_tests.emulator.programs import Program
from emr_ml_tests.emulator.world import World

POLL_SECONDS = 0.03
INTERRUPT, TERMINATE = "SEND_INTERRUPT", "TERMINATE_PROCESS"


@dataclass(kw_only=True)
class Task:
    """What others know of a program, and tell it while it runs. Times are emulated epoch seconds.

    Attributes:
        exit_code: that of the program itself.
        cancel: what to send to its processes, and when; None if nobody has cancelled it.
        grace: seconds from a request to end to the end by force.
        deadline: when it is ended by force.
        left: the state in which its owner, as it ended, has left it.
    """

    program: Program | None = None
    exit_code: int | None = None
    cancel: tuple[float, str] | None = None
    grace: float = float("inf")
    deadline: float = float("inf")
    timed_out: bool = False
    left: str | None = None


class Execution:
    """Runs one program, and sends it the signals that its task asks for.

    Args:
        name: by which a planned fault may match it.
        more: its environment beside that of the node.
    """

    def __init__(
        self,
        world: World,
        node: Node,
        task: Task,
        *,
        name: str,
        logs: Path,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self._world, self._node, self._task, self._name = world, node, task, name
        self._more = dict(more or {})
        self.logs = logs

    def run(self, command: Sequence[str]) -> int | None:
        """Return the exit code; None if the program was cancelled, cut off or abandoned."""
        fault = self._world.faults.take(["hung step"], self._name)
        how = fault.detail["how"] if fault else None
        self.logs.mkdir(parents=True, exist_ok=True)
        if how in ("sleeping", "stopped"):
            # also before it is stopped: a short job could end first
            self._more["EMULATOR_HANG"] = "1"
        try:
            program = self._node.start(command, self.logs, self._more)
        except (OSError, IndexError) as error:
            return self.refuse(error)
        self._task.program = program
        if how == "stopped":
            # let it get to work first: a process that stops is one that has begun
            time.sleep(0.3)
            program.stop()
        code = self._wait(program, unnoticed=how == "unnoticed")
        self._task.exit_code = program.poll()
        return code

    def refuse(self, error: Exception) -> int:
        """Say why the program can't be started; the exit code that a shell would give."""
        self.logs.mkdir(parents=True, exist_ok=True)
        (self.logs / "stderr").write_text(f"Cannot run program: {error}\n")
        return 127

    def _wait(self, program: Program, *, unnoticed: bool) -> int | None:
        task, clock = self._task, self._world.clock
        while (code := program.poll()) is None or unnoticed:
            if self._world.closing.is_set():
                program.end()
            if task.left is not None or self._world.closing.is_set():
                return None
            if clock.now() >= task.deadline and not task.timed_out:
                task.timed_out, task.cancel = True, (clock.now(), TERMINATE)
            if task.cancel and clock.now() >= task.cancel[0]:
                self._signal(program, task.cancel[1])
                unnoticed = False
            time.sleep(POLL_SECONDS)
        # what had ended well before the signal came is a success all the same
        return None if task.cancel and code != 0 else code

    def _signal(self, program: Program, option: str) -> None:
        """SEND_INTERRUPT reaches only the child, TERMINATE_PROCESS all processes."""
        if option == TERMINATE:
            program.end()
            self._task.cancel = (float("inf"), option)
        else:
            program.interrupt()
            self._task.cancel = (self._world.clock.now() + self._task.grace, TERMINATE)
