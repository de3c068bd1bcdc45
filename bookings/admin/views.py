"""The views that come with the lists of homes, plans, bookings and tasks, and for whom.

`opens_for` names the roles for whom a view opens when they open its list.
"""

from __future__ import annotations

from bookings.models import AwayPlan, Booking, Property, Task
from opsconsole.admin.views import BuiltIn
from staffing.models import User

STAFF, MANAGER = User.Type.STAFF, User.Type.MANAGER
SOONEST = (("o", "2"),)  # by the second column, what is due first

HOMES = (
    BuiltIn("not-ready", "Not ready", (("readiness", "not_ready"),), (STAFF, MANAGER)),
    BuiltIn("active", "Active", (("lifecycle__exact", Property.Lifecycle.ACTIVE),)),
)
PLANS = (
    BuiltIn("waiting", "Waiting", (("status__exact", AwayPlan.Status.SUBMITTED),)),
    BuiltIn("late", "Waiting for more than a day", (("waits", "day"),), (MANAGER,)),
    BuiltIn("approved", "Approved", (("status__exact", AwayPlan.Status.APPROVED),)),
)
BOOKINGS = (
    BuiltIn("confirmed", "Confirmed", (("status__exact", Booking.Status.CONFIRMED),)),
    BuiltIn("here", "Here now", (("status__exact", Booking.Status.CHECKED_IN),)),
)
TASKS = (
    BuiltIn(
        "mine", "Mine, open", (*SOONEST, ("when", "open"), ("whose", "mine")), (STAFF,), (STAFF,)
    ),
    BuiltIn("today", "Due today", (("when", "today"),), (STAFF, MANAGER)),
    BuiltIn("overdue", "Overdue", (("when", "overdue"),)),
    BuiltIn("nobodys", "Nobody has it", (*SOONEST, ("when", "nobodys")), (STAFF, MANAGER)),
    BuiltIn("done", "To verify", (("status__exact", Task.Status.DONE),), (STAFF, MANAGER)),
)
