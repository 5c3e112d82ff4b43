"""The children as a crew: kept up together, stopped in order."""

import time
from collections.abc import Callable, Sequence

from curation.core.serving.child import Child, ProcessPlan
from curation.core.serving.guard import Guard


class Crew:
    """Children in the order in which they are asked to stop."""

    def __init__(self, plans: Sequence[ProcessPlan], locks: Sequence[int], say: Callable[[str], None]) -> None:
        self._guard = Guard(locks)
        self.children = [Child(plan, self._guard) for plan in plans]
        self._say = say

    def named(self, name: str) -> Child:
        """One of the crew."""
        return next(child for child in self.children if child.plan.name == name)

    def keep_up(self) -> None:
        """See to every child once."""
        self._guard.keep_up()
        for child in self.children:
            status = child.keep_up()
            if status is not None:
                where = f"; see {child.plan.log}" if child.plan.log else ""
                self._say(f"{child.plan.name} ended with {status} and is started again{where}")

    def stop(self, is_urgent: Callable[[], bool]) -> None:
        """Ask all to stop, wait for each as long as its plan allows, and end those that take longer."""
        started = time.monotonic()
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            told = False
            while not child.is_gone() and not is_urgent():
                waited = time.monotonic() - started
                if waited > child.plan.patience:
                    break
                if waited > 3 and not told:
                    self._say(f"waiting for {child.plan.name} to finish its work; Ctrl-C again ends it at once")
                    told = True
                time.sleep(0.05)
            child.kill()
        self._guard.dismiss()
