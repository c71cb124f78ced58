"""How `./nexus test`'s workers share out the files.

Files that look at pages compute, journeys wait, and each kind has a running system of its own for the whole session.
So two workers keep to the first kind while there are any, two to the second, and others begin with what needs no such
system: no core idles, and no worker starts two systems.
"""

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

_KINDS = ("tests/browser/", "tests/journeys/")
_OF_EACH_KIND = 2
_LONGEST = ("tests/chaos/", "tests/rolling/", "tests/journeys/test_outages")
_SHORTEST = "tests/unit/"


def first_to_last(file: str) -> int:
    """By where it is begun: the longest first, and at the end the short ones, so that all workers end together."""
    return 0 if file.startswith(_LONGEST) else 2 if file.startswith(_SHORTEST) else 1


class FilesByKind(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """A file at a time, as `--dist loadfile`; which one depends on the worker."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        self.workqueue.move_to_end(self._next_of(node), last=False)
        super()._assign_work_unit(node)

    def _next_of(self, node: WorkerController) -> str:
        """A file of the worker's kind, else one of no kind, else whatever is left."""
        number = int(node.gateway.id.removeprefix("gw"))
        own = _KINDS[number % len(_KINDS)] if number < len(_KINDS) * _OF_EACH_KIND else ()
        kept = [file for file in self.workqueue if file.startswith(own)]
        free = [file for file in self.workqueue if not file.startswith(_KINDS)]
        return str(next(iter(kept or free or self.workqueue)))
