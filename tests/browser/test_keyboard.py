"""The console without a mouse: each control has its turn, and is in sight when it has it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from opsconsole.access.acting import Source, acting
from tests.factories import (
    make_booking,
    make_item,
    make_manager,
    make_plan,
    make_property,
    make_staff,
    make_task,
    today,
)

pytestmark = pytest.mark.django_db(transaction=True)

# Marks whatever can be operated; what only a mouse would find is given back at once.
CONTROLS = """() => {
  const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]';
  const isShown = (each) => each.checkVisibility({ checkVisibilityCSS: true })
      && each.getBoundingClientRect().width > 0 && !each.closest('[aria-hidden=true]');
  const isOperated = (each) => !each.disabled && each.tabIndex >= 0 && isShown(each)
      && !(each.type === 'radio' && !each.checked
           && document.querySelector(`input[type=radio][name="${each.name}"]:checked`));
  const all = [...document.querySelectorAll(FOCUSABLE)].filter(isOperated);
  all.forEach((each, number) => { each.dataset.control = number; });
  const mouse = [...document.querySelectorAll('body *')].filter((each) =>
      getComputedStyle(each).cursor === 'pointer'
      && getComputedStyle(each.parentElement).cursor !== 'pointer'
      && isShown(each) && !each.closest('label, [tabindex], [data-control]')
      && !each.querySelector('[data-control]'));
  return { count: all.length, mouse: mouse.map((each) => each.outerHTML.slice(0, 200)) };
}"""
# What has the focus: its mark, and what is wrong with it there.
FOCUSED = """() => {
  const each = document.activeElement;
  if (!each || each === document.body) return null;
  const box = (each.closest('label') ?? each).getBoundingClientRect();
  const told = each.outerHTML.slice(0, 200);
  const points = [[.5, .5], [.1, .5], [.9, .5], [.5, .1], [.5, .9]].map(([x, y]) =>
      document.elementFromPoint(box.left + box.width * x, box.top + box.height * y));
  const isInSight = points.some((found) => found
      && (each.contains(found) || found.contains(each) || found.closest('label')?.contains(each)));
  return { mark: each.dataset.control ?? null, told, isInSight };
}"""


class Keys:
    """A person who has a keyboard and nothing else."""

    def __init__(self, visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    def faults_of(self, path: str) -> list[str]:
        """Go through a page by Tab, from its beginning to its end."""
        self.visitor.open(path)
        self.visitor.settle()
        controls = self.page.evaluate(CONTROLS)
        met, faults = set(), [f"only a mouse finds {told}" for told in controls["mouse"]]
        for _ in range(2 * controls["count"] + 5):  # a date has three parts
            self.page.keyboard.press("Tab")
            focused = self.page.evaluate(FOCUSED)
            if len(met) == controls["count"]:
                break
            if focused is None or focused["mark"] in met:
                continue
            met.add(focused["mark"])
            if not focused["isInSight"]:
                faults.append(f"out of sight: {focused['told']}")
        for number in range(controls["count"]):
            if str(number) not in met:
                html = f"document.querySelector('[data-control=\"{number}\"]')?.outerHTML"
                faults.append(f"no turn: {(self.page.evaluate(html) or 'gone')[:200]}")
        return faults


@pytest.fixture
def records():
    with acting(make_manager("Mona Vale"), source=Source.CONSOLE, reason="First day"):
        home = make_property(name="Elm House")
        plan = make_plan(home, status="active", hosting_allowed=True, starts_on=today())
        booking = make_booking(plan)
        ana = make_staff("Ana Begins", zips=("06511",))
        task = make_task(home, away_plan=plan, status="in_progress", assignee=ana)
        make_item(task, text="Beds made")
        for _ in range(12):
            make_plan()
    return {"home": home, "plan": plan, "booking": booking, "task": task, "ana": ana}


def test_every_control_has_its_turn_and_is_in_sight(visit, records):
    pages = [
        "/",
        "/bookings/awayplan/",
        "/bookings/awayplan/waiting/",
        "/bookings/awayplan/timeline/",
        "/bookings/property/export/",
        "/bookings/awayplan/add/",
        "/staffing/zipassignment/coverage/",
        "/changes/",
        f"/bookings/property/{records['home'].pk}/change/",
        f"/bookings/booking/{records['booking'].pk}/change/",
        f"/bookings/task/{records['task'].pk}/change/",
        f"/bookings/task/{records['task'].pk}/history/",
    ]
    visitor = visit()
    visitor.sign_in(make_manager())
    keys = Keys(visitor)

    found = {path: faults for path in pages if (faults := keys.faults_of(path))}

    assert found == {}


def test_the_day_is_gone_through_by_keyboard_on_a_narrow_screen(visit, records):
    visitor = visit(390)
    visitor.sign_in(records["ana"])

    assert Keys(visitor).faults_of("/") == []


OPENERS = {  # on which page, the control, what it opens
    "menu": ("/notices/", "header [x-on\\:click='sidebarToggle()']", "#nav-sidebar"),
    "more ways": ("{plan}", "[x-on\\:click*=showActions]", "[x-on\\:click*=showActions] + ul"),
    "account": ("/notices/", "[x-on\\:click*=openUserLinks]", "nav nav:has(#logout-form)"),
    "filters": ("/bookings/awayplan/", ".filter-open-button", "#changelist-filter"),
    "choice": ("{home}", "[x-ref=relatedWidgetWrapperowner]", "#related-widget-wrapper-owner"),
    "calendar": ("{plan}", "#calendarlink0", "#calendarbox0"),
}


@pytest.mark.parametrize("width", [390, 1440])
def test_what_opens_takes_the_focus_in_and_gives_it_back_at_escape(visit, records, width):
    visitor = visit(width)
    page = visitor.page
    visitor.sign_in(make_manager())
    paths = {
        "plan": f"/bookings/awayplan/{records['plan'].pk}/change/",
        "home": f"/bookings/property/{records['home'].pk}/change/",
    }

    for name, (path, control, opened) in OPENERS.items():
        visitor.open(path.format(**paths))
        visitor.settle()
        opener, part = page.locator(control).first, page.locator(opened)
        if name == "menu" and part.is_visible():
            opener.press("Enter")
            expect(part).to_be_hidden()
        if name == "account" and not opener.is_visible():
            page.locator(OPENERS["menu"][1]).press("Enter")
            expect(page.locator("#nav-sidebar :focus")).to_have_count(1)
        if not opener.is_visible():  # the ways stand in the open where there is room
            continue

        opener.press("Enter")
        expect(part.locator(":focus"), name).to_have_count(1)
        visitor.check()
        page.keyboard.press("Escape")
        expect(part, name).to_be_hidden()
        expect(opener, name).to_be_focused()


def test_a_choice_is_found_and_made_by_keyboard(visit, records):
    make_property(name="Oak loft")
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open("/bookings/awayplan/add/")

    box = page.get_by_role("combobox", name="Property")
    box.press("Enter")
    page.keyboard.type("oak")
    page.get_by_role("option", name="Oak loft").wait_for()
    visitor.check()
    page.keyboard.press("Enter")

    expect(box).to_contain_text("Oak loft")
    expect(box).to_be_focused()


def test_the_palette_takes_the_focus_and_gives_it_back(visit, records):
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open("/bookings/awayplan/")
    link = page.get_by_role("link", name="Elm House").first
    link.focus()

    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Find")
    expect(palette.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("elm")
    palette.get_by_text("Elm House").first.wait_for()
    visitor.check()
    page.keyboard.press("Escape")

    expect(palette).to_be_hidden()
    expect(link).to_be_focused()
