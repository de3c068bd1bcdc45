"""Access in words: who may do what and why, and what an assignment would change.

The answers come from the registry, the roles and the assignments that enforcement asks too; they
need no page and no request.
"""

from staffing.explain.answers import Answer, explain, explain_all, who_can_see
from staffing.explain.consequences import Consequence, what_changes_if
from staffing.explain.portraits import Portrait, what_they_see
from staffing.explain.telling import tell

__all__ = [
    "Answer",
    "Consequence",
    "Portrait",
    "explain",
    "explain_all",
    "tell",
    "what_changes_if",
    "what_they_see",
    "who_can_see",
]
