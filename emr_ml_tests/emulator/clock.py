"""A clock that may run fast."""

import time


class Clock:
    """Emulated epoch seconds: they begin at the true time and pass `speed` times as fast."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._began = time.time()
        self._mark = time.monotonic()

    def now(self) -> float:
        return self._began + (time.monotonic() - self._mark) * self.speed

    def real(self, emulated: float) -> float:
        """The true seconds that so many emulated ones take."""
        return max(emulated, 0.0) / self.speed

    def true_time(self, emulated: float) -> float:
        """The true epoch seconds of an emulated moment."""
        return self._began + (emulated - self._began) / self.speed
