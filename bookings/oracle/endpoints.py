"""Every address of the console, and the rule by which it is probed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin

from bookings.oracle import (
    adding,
    changes,
    codes,
    covering,
    exporting,
    files,
    forms,
    glancing,
    lists,
    notes,
    notices,
    pages,
    restoring,
    signing,
    steps,
    views,
)
from bookings.oracle.judge import Probe
from bookings.oracle.world import World

type Rule = Callable[[World, int | None, str], Probe]

KINDS = {
    "bookings_property": "home",
    "bookings_awayplan": "plan",
    "bookings_booking": "booking",
    "bookings_task": "task",
    "staffing_user": "user",
    "staffing_zipcode": "zip",
    "staffing_zipassignment": "assignment",
    "imports_importbatch": "batch",
    "exports_export": "export",
    "staffing_viewing": "viewing",
}
OF_A_KIND: dict[str, list[Rule]] = {
    "changelist": [lists.listed, lists.listed, lists.filtered, lists.searched, steps.act],
    "add": [pages.add_form, adding.add],
    "change": [pages.form, forms.change, forms.change, steps.step],
    "below": [pages.below],
    "history": [pages.history],
    "delete": [pages.deletion, forms.delete],
    "access": [pages.about],
    "restore": [restoring.look, restoring.restore],
    "step": [steps.at_hand],
}
OF_THEIR_OWN: dict[str, list[Rule]] = {
    "index": [pages.plain],
    "login": [pages.plain, signing.sign_in],
    "logout": [signing.sign_out],
    "password_change": [pages.plain, signing.own_password],
    "password_change_done": [pages.plain],
    "staffing_user_link": [signing.link_page, signing.link],
    "staffing_user_import_links": [files.links],
    "sign_in_link": [signing.follow],
    "staffing_zipassignment_coverage": [covering.coverage],
    "staffing_zipassignment_assign": [covering.assign_form, covering.assign],
    "staffing_zipassignment_end": [covering.end],
    "staffing_zipcode_serve": [covering.serve_form, covering.serve],
    "staffing_user_view_as": [covering.view_form, covering.view],
    "view_as_end": [covering.end_view],
    "day_sheet": [pages.plain],
    "calendar": [pages.plain],
    "calendar_make": [notices.calendar],
    "calendar_end": [notices.calendar],
    "calendar_feed": [notices.feed],
    "notices": [notices.listed],
    "notice_read": [notices.mark],
    "notices_read": [notices.mark_all],
    "saved_views": [views.kept],
    "saved_views_count": [views.counted],
    "saved_views_save": [views.save],
    "saved_views_first": [views.first],
    "saved_view": [views.rename],
    "notices_mute": [notices.mute],
    "notices_unmute": [notices.unmute],
    "autocomplete": [pages.autocomplete],
    "search": [pages.palette],
    "jsi18n": [pages.plain],
    "app_list": [pages.apps],
    "bookings_awayplan_as_of": [pages.as_of],
    "bookings_awayplan_waiting": [steps.queue],
    "bookings_awayplan_decide": [steps.decide],
    "bookings_awayplan_timeline": [glancing.timeline, glancing.asked],
    "bookings_property_codes": [codes.listed],
    "bookings_property_code_add": [codes.add],
    "bookings_property_code_change": [codes.form, codes.change],
    "bookings_property_code_show": [codes.show],
    "bookings_property_export": [exporting.page, exporting.download, exporting.download],
    **{f"bookings_{model}_notes": [notes.listed, notes.add] for model in notes.KINDS},
    **{f"bookings_{model}_note_withdraw": [notes.withdraw] for model in notes.KINDS},
    "changes": [changes.listed],
    **{f"changes_{slug}": [changes.one] for slug in changes.KINDS},
    "changes_export": [changes.export],
    "reviews": [changes.queue],
    "review": [changes.plan, changes.sign_off],
    "": [pages.nowhere],
    **{
        f"{imported}_import{page}": rules
        for imported in files.PAGES
        for page, rules in files.STEPS.items()
    },
}
BUSY = ("home", "plan", "booking", "task")  # what staff work on
WEIGHTS = {
    "changelist": 4,
    "change": 6,
    "below": 1,
    "history": 3,
    "add": 2,
    "delete": 1,
    "access": 2,
    "restore": 1,
    "step": 1,
}  # of pages of a kind


@dataclass(frozen=True)
class Endpoint:
    """An address by its name, with what may be asked of it."""

    name: str
    kind: str
    rules: list[Rule]
    weight: int


def endpoints() -> tuple[list[Endpoint], list[str]]:
    """The endpoints of the admin site, and the names of those that no rule is known for."""
    names = sorted(set(_names(admin.site.get_urls())))
    known = [endpoint for name in names if (endpoint := _endpoint(name))]
    return known, [name for name in names if _endpoint(name) is None]


def _names(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _names(pattern.url_patterns)
        else:
            yield pattern.name or ("" if _is_fallback(pattern) else str(pattern.pattern))


def _is_fallback(pattern: Any) -> bool:
    """Django's own addresses without a name: the old ones of objects, and all the rest."""
    return str(pattern.pattern) in ("<path:object_id>/", "(?P<url>.*)$")


def _endpoint(name: str) -> Endpoint | None:
    if name in OF_THEIR_OWN:
        return Endpoint(name, "", OF_THEIR_OWN[name], 3)
    model, _, page = name.rpartition("_")
    if model in KINDS and page in OF_A_KIND:
        kind = KINDS[model]
        weight = WEIGHTS[page] * (5 if kind in BUSY else 1)
        return Endpoint(name, kind, OF_A_KIND[page], weight)
    return None
