"""Who runs next: the one place where a simulated run is decided, from one seeded source of chance.

A task is a greenlet that runs the real use cases and gives way at every store operation. The scheduler resumes one task
at a time, kills one now and then, and starts new ones from whatever work is waiting. No threads, no clock, no sets: the
same seed gives the same run, step for step.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from greenlet import GreenletExit, getcurrent, greenlet

MAX_STEPS = 20_000
"""Far above what any run needs (the busiest of 100,000 seeds took under 5,000): a run that gets here never comes to rest."""

NEVER = 10**9


class Restless(AssertionError):
    """The system kept working although nothing happened any more: a trigger without end."""


class Task:
    """One invocation of a worker, one official, or one write that is still on its way."""

    __slots__ = ("asleep_until", "greenlet", "name", "on_death")

    def __init__(self, name: str, run: Callable[[], None], hub: greenlet, on_death: Callable[[], None] | None) -> None:
        self.name = name
        self.greenlet = greenlet(run, hub)
        self.on_death = on_death
        self.asleep_until = 0


class Scheduler:
    """`trace` is the run as one line per step; two runs of one seed have equal traces.

    `crash` is the chance, at each step, that the task dies instead. `stall` is the chance that a task, having given way,
    is not resumed for a long time while the others go on: a machine that stands still with a decision in its hand.
    """

    def __init__(self, rng: Random, crash: float, stall: float) -> None:
        self.rng = rng
        self.trace: list[str] = []
        self.running: Task | None = None
        self.deaths = 0
        self._crash, self._stall = crash, stall
        self._awake: list[Task] = []
        self._asleep: list[Task] = []
        self._steps = 0
        self._next_awakening = NEVER
        self._born = 0
        self._hub = getcurrent()

    def spawn(self, name: str, run: Callable[[], None], on_death: Callable[[], None] | None = None) -> None:
        """Make `run` a task; `on_death` is what the world does when chance kills it."""
        self._born += 1
        self._awake.append(Task(f"{name}.{self._born}", run, self._hub, on_death))

    def pause(self, what: str, long: bool = False) -> None:
        """Give way. Called from inside a task; comes back when chance picks this task again, or not at all."""
        task = self.running
        if task is None:
            return  # Not inside a task: the final, undisturbed sweep.
        self.trace.append(f"{task.name} {what}")
        if self.rng.random() < (4 * self._stall if long else self._stall):
            task.asleep_until = self._steps + self.rng.choice((20, 60, 400))
        self._hub.switch()

    def awake(self) -> int:
        """How many tasks could go on now."""
        if self._steps >= self._next_awakening:
            for task in [task for task in self._asleep if task.asleep_until <= self._steps]:
                self._asleep.remove(task)
                self._awake.append(task)
            self._next_awakening = min((task.asleep_until for task in self._asleep), default=NEVER)
        return len(self._awake)

    def pass_time(self) -> bool:
        """Nothing is to be done now: let the next sleeper wake. False if there is none."""
        if not self._asleep:
            return False
        self._steps = self._next_awakening
        return True

    def step(self, at: int) -> None:
        """Resume one of the tasks that are awake, or kill it where it stands."""
        if len(self.trace) > MAX_STEPS:
            raise Restless(f"still at work after {MAX_STEPS} steps")
        self._steps += 1
        task = self._awake[at]
        if self.rng.random() < self._crash:
            self.trace.append(f"{task.name} dies")
            self.deaths += 1
            del self._awake[at]
            task.greenlet.throw(GreenletExit)
            if task.on_death is not None:
                task.on_death()
            return
        self.running = task
        try:
            task.greenlet.switch()
        finally:
            self.running = None
        if task.greenlet.dead:
            self._awake.remove(task)
        elif task.asleep_until > self._steps:
            self._awake.remove(task)
            self._asleep.append(task)
            self._next_awakening = min(self._next_awakening, task.asleep_until)

    def bury(self) -> None:
        """End whatever is still suspended, so that nothing of a failed run lives on."""
        for task in (*self._awake, *self._asleep):
            task.greenlet.throw(GreenletExit)
