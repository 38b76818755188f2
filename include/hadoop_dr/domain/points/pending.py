"""What is pending in a service's ledger goes one way; a run that goes the other way must not end it (S2.26, I6).

After an exchange of roles the trees that an unfinished point or undo was about to change are those of the new primary.
"""

from __future__ import annotations

from hadoop_dr.domain.check_results import Result, fail
from hadoop_dr.domain.state.service_state import ServiceState

_REMEDY = "Restore the roles that the sites had then and run a backup, which finishes it; then exchange the roles."


def pending_the_other_way(state: ServiceState, destination: str) -> list[Result]:
    """Refuses to end what was begun when another site was the one that is changed; nothing where there is none.

    Args:
        destination: Site that a run would change now.
    """
    found = [
        fail("direction", f"point {left.point} of run {left.run}, {left.state.value}, goes from {left.origin} to "
             f"{left.destination} and is not finished", _REMEDY)
        for left in state.unfinished() if left.was_taken and left.destination != destination
    ]  # fmt: skip
    if state.undo is not None and state.undo.site != destination:
        said = f"an undo on {state.undo.site}, back to point {state.undo.to}, is not finished"
        found.append(fail("direction", said, _REMEDY))
    return found
