"""What follows elsewhere from changed assignments: whose work is handed back.

Staffing knows no work; the app above that does says once, when the console starts, what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

type Follow = Callable[[Collection[int]], object]  # the ids of ZIP codes, in the same transaction

_followers: list[Follow] = []


def tell(follow: Follow) -> None:
    """Have this called with the ZIP codes whose assignments were changed."""
    _followers.append(follow)


def assignments_changed(zip_codes: Collection[int]) -> None:
    """Tell all of them, before the transaction ends."""
    for follow in _followers:
        follow(zip_codes)
