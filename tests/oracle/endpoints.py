"""Every address of the console, and the rule by which it is probed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin

from tests.oracle import (
    attached,
    changes,
    covering,
    files,
    forms,
    lists,
    pages,
    personal,
    steps,
)
from tests.oracle.judge import Probe
from tests.oracle.world import World

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
    "add": [pages.add_form, forms.add],
    "change": [pages.form, forms.change, forms.change, steps.step],
    "below": [pages.below],
    "history": [pages.history],
    "delete": [pages.deletion, forms.delete],
    "access": [pages.about],
    "restore": [forms.look_at_version, forms.restore],
    "step": [steps.at_hand],
}
OF_THEIR_OWN: dict[str, list[Rule]] = {
    "index": [pages.plain],
    "login": [pages.plain, personal.sign_in],
    "logout": [personal.sign_out],
    "password_change": [pages.plain, personal.own_password],
    "password_change_done": [pages.plain],
    "staffing_user_link": [personal.link_page, personal.link],
    "staffing_user_import_links": [files.links],
    "sign_in_link": [personal.follow],
    "staffing_zipassignment_coverage": [covering.coverage],
    "staffing_zipassignment_assign": [covering.assign_form, covering.assign],
    "staffing_zipassignment_end": [covering.end],
    "staffing_zipcode_serve": [covering.serve_form, covering.serve],
    "staffing_user_view_as": [covering.view_form, covering.view],
    "view_as_end": [covering.end_view],
    "day_sheet": [pages.plain],
    "calendar": [pages.plain],
    "calendar_make": [personal.calendar],
    "calendar_end": [personal.calendar],
    "calendar_feed": [personal.feed],
    "notices": [personal.notices],
    "notice_read": [personal.mark],
    "notices_read": [personal.mark_all],
    "saved_views": [personal.views],
    "saved_views_count": [personal.count_view],
    "saved_views_save": [personal.save_view],
    "saved_views_first": [personal.first_view],
    "saved_view": [personal.rename_view],
    "notices_mute": [personal.mute],
    "notices_unmute": [personal.unmute],
    "autocomplete": [pages.autocomplete],
    "search": [pages.palette],
    "jsi18n": [pages.plain],
    "app_list": [pages.apps],
    "bookings_awayplan_as_of": [pages.as_of],
    "bookings_awayplan_waiting": [steps.queue],
    "bookings_awayplan_decide": [steps.decide],
    "bookings_awayplan_timeline": [lists.timeline, lists.timeline_asked],
    "bookings_property_codes": [attached.codes],
    "bookings_property_code_add": [attached.add_code],
    "bookings_property_code_change": [attached.code_form, attached.change_code],
    "bookings_property_code_show": [attached.show_code],
    "bookings_property_export": [lists.export_page, lists.download, lists.download],
    **{f"bookings_{model}_notes": [attached.notes, attached.add_note] for model in attached.KINDS},
    **{f"bookings_{model}_note_withdraw": [attached.withdraw_note] for model in attached.KINDS},
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
