"""How `./nexus test`'s workers share out the files.

Files that look at pages compute, journeys wait, and each kind has a running system of its own for the whole session.
So one half of the workers keeps to the first kind and the other half to the second: no core idles, and each worker
starts one system instead of two. Between two of their own, those who compute take a file that waits, and the others one
that computes.
"""

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

_KINDS = ("tests/browser/", "tests/journeys/")
_LONGEST = ("tests/chaos/", "tests/rolling/", "tests/journeys/test_outages")
_COMPUTING = (
    "tests/chaos/",
    "tests/rolling/",
    "tests/integration/admin/",
    "tests/integration/backups/",
    "tests/integration/embedded/",
    "tests/integration/store/",
)
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
        """A file of the worker's kind and one of no kind by turns, while there are any; then whatever is left."""
        kind = int(node.gateway.id.removeprefix("gw")) % len(_KINDS)
        kept = [file for file in self.workqueue if file.startswith(_KINDS[kind])]
        free = [file for file in self.workqueue if not file.startswith(_KINDS)]
        free.sort(key=lambda file: (file.startswith(_SHORTEST), file.startswith(_COMPUTING) != bool(kind)))
        own_turn = len(self.assigned_work[node]) % 2 == 0
        wanted = (kept or free) if own_turn else (free or kept)
        return str(next(iter(wanted or self.workqueue)))
