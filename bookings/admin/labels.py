"""The colours of states, the same on every page; the word always stands beside."""

PLAN_COLOURS = {
    "Draft": "default",
    "Submitted": "warning",
    "Approved": "info",
    "Preparing": "info",
    "Active": "success",
    "Completed": "default",
    "Declined": "danger",
    "Withdrawn": "default",
    "Cancelled": "danger",
}
BOOKING_COLOURS = {
    "Held": "warning",
    "Confirmed": "info",
    "Checked in": "success",
    "Checked out": "default",
    "Cancelled": "danger",
    "No show": "danger",
}
TASK_COLOURS = {
    "Unassigned": "warning",
    "Assigned": "info",
    "In progress": "info",
    "Blocked": "danger",
    "Done": "success",
    "Verified": "default",
    "Cancelled": "default",
}
LIFECYCLE_COLOURS = {
    "Draft": "warning",
    "Active": "success",
    "Paused": "info",
    "Archived": "default",
}
READINESS_COLOURS = {
    "not_ready": "danger",
    "being_prepared": "info",
    "guests_in": "success",
    "residents_in": "default",
    "ready": "success",
    "empty": "default",
}
