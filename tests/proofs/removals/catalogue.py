"""Every rule that can be taken out."""

from __future__ import annotations

from tests.proofs.removals import access, history, imports, work
from tests.proofs.removals.removal import Removal


def removals() -> list[Removal]:
    """All of them, each under a name of its own."""
    return [removal for part in (access, history, imports, work) for removal in part.removals()]
