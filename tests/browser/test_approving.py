"""The queue of plans that wait, as those who decide them use it."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import expect

from bookings.models import AwayPlan
from bookings.services import revise
from opsconsole.access.acting import Source, acting
from tests.factories import assign, days, make_manager, make_plan, make_property, make_staff, today

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "/bookings/awayplan/waiting/"


def wait_for(page, plan) -> None:
    """Until the focus is at a plan, and the page takes keys."""
    expect(page.locator(f"#plan-{plan.pk}")).to_be_focused()
    page.locator("#waiting[data-ready]").wait_for()


def states() -> list[str]:
    return list(AwayPlan.objects.order_by("pk").values_list("status", flat=True))


def test_a_manager_decides_ten_plans_by_keyboard_alone(visit):
    mona = make_manager()
    plans = [make_plan(make_property(name=f"House {number}")) for number in range(10)]
    plans.append(make_plan(make_property(name="Own House"), filed_by=mona))
    visitor = visit()
    page = visitor.page
    visitor.sign_in(mona)
    visitor.open(QUEUE)
    page.locator("#waiting[data-ready]").wait_for()
    keys = page.keyboard

    keys.press("a")  # at no card yet: nothing is decided
    keys.press("j")
    wait_for(page, plans[0])
    keys.press("k")
    wait_for(page, plans[0])
    keys.press("j")
    keys.press("j")
    wait_for(page, plans[2])
    keys.press("Control+a")
    keys.press("k")
    keys.press("k")
    wait_for(page, plans[0])
    assert set(states()) == {"submitted"}

    for plan, following in itertools.pairwise(plans[:5]):
        keys.press("a")
        wait_for(page, following)
        expect(page.get_by_role("status")).to_have_text(f"{plan}: approved.")

    keys.press("d")
    box = page.get_by_label("Reason").and_(page.locator(f"#plan-{plans[4].pk}-decline"))
    expect(box).to_be_focused()
    keys.type("a jaded dad: no heating?")  # letters that are keys elsewhere
    keys.press("Tab")
    keys.press("Enter")
    wait_for(page, plans[5])
    expect(page.get_by_role("status")).to_have_text(f"{plans[4]}: declined.")

    for following in plans[6:]:
        keys.press("a")
        wait_for(page, following)
    keys.press("a")  # their own: asks why
    expect(page.locator(f"#plan-{plans[10].pk}-approve")).to_be_focused()
    keys.type("Nobody else is in")
    keys.press("Tab")
    keys.press("Enter")
    page.get_by_text("No plan waits for a decision.").wait_for()
    visitor.check()

    assert states() == [*["approved"] * 4, "declined", *["approved"] * 6]
    plans[4].refresh_from_db()
    assert plans[4].decision_reason == "a jaded dad: no heating?"


def test_a_key_that_is_held_decides_once(visit):
    first, second = make_plan(), make_plan()
    visitor = visit()
    page, posts = visitor.page, []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else 0)
    visitor.sign_in(make_manager())
    visitor.open(f"{QUEUE}#plan-{first.pk}")
    wait_for(page, first)

    page.keyboard.down("a")
    wait_for(page, second)
    page.keyboard.down("a")  # held on
    page.keyboard.up("a")
    page.reload()  # whatever the key asks for is asked before

    assert len(posts) == 1
    expect(page.locator(f"#plan-{first.pk}")).to_have_count(0)
    expect(page.locator(f"#plan-{second.pk}")).to_be_visible()
    assert states() == ["approved", "submitted"]


def test_the_keys_are_told_and_leave_boxes(visit):
    plan = make_plan()
    visitor = visit()
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(QUEUE)
    page.locator("#waiting[data-ready]").wait_for()

    page.get_by_text("next, ").wait_for()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    dialog.wait_for()
    visitor.check()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.keyboard.press("Escape")
    wait_for(page, plan)
    expect(page.get_by_label("Reason")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/bookings/awayplan/{plan.pk}/change/")
    page.go_back()
    page.locator("#waiting[data-ready]").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(f"**/bookings/awayplan/{plan.pk}/change/")


def test_it_goes_without_the_script(visit):
    first, second, third = make_plan(), make_plan(), make_plan()
    visitor = visit(java_script_enabled=False)
    page = visitor.page
    visitor.sign_in(make_manager())
    visitor.open(QUEUE)

    page.get_by_role("button", name=f"Approve {first}").click()
    page.wait_for_url(f"**/waiting/#plan-{second.pk}")
    page.get_by_text(f"{first}: approved.").wait_for()
    card = page.locator(f"#plan-{second.pk}")
    card.get_by_text("Decline…").click()
    card.get_by_label("Reason").fill("No heating")
    card.get_by_role("button", name="Decline").click()
    page.wait_for_url(f"**/waiting/#plan-{third.pk}")

    assert states() == ["approved", "declined", "submitted"]


def test_what_changed_meanwhile_is_told_at_its_card(visit):
    plan, other = make_plan(), make_plan()
    visitor = visit(390)
    page = visitor.page
    visitor.sign_in(make_staff(zips=("06511",)))
    visitor.open(QUEUE)

    plan.ends_on += days(2)
    with acting(ben := make_manager("Ben Okafor"), source=Source.CONSOLE):
        revise(plan, by=ben)
    page.get_by_role("button", name="Approve", exact=False).first.click()
    card = page.locator(f"#plan-{plan.pk}")
    card.get_by_text("This plan changed since you saw it, by Ben Okafor").wait_for()
    visitor.check_looks()
    assert states() == ["submitted", "submitted"]

    AwayPlan.objects.filter(pk=other.pk).update(status="withdrawn")
    page.locator(f"#plan-{other.pk}").get_by_role("button", name="Approve").click()
    page.get_by_text("This plan does not wait any more: it is withdrawn").wait_for()
    expect(page.locator("#not-decided")).to_be_focused()
    visitor.check_looks()


def test_the_queue_is_accessible_and_fits(visit):
    ana = make_staff(zips=("06511",))
    elm = make_property(name="A name without a place to break it " + "x" * 90)
    make_plan(elm, notes="y" * 300, hosting_allowed=True)
    make_plan(elm, status="draft", starts_on=today() + days(18), ends_on=today() + days(25))
    make_plan(filed_by=ana)
    make_plan(make_property(lifecycle="paused"))
    assign(make_staff("Ben", zips=()), "06511", duty="backup", starts_on=today() + days(12))
    visitor = visit()
    page = visitor.page
    visitor.sign_in(ana)

    visitor.open(QUEUE)
    page.locator("#waiting[data-ready]").wait_for()
    visitor.check_looks()
    page.keyboard.press("j")
    page.keyboard.press("d")
    expect(page.get_by_label("Reason").and_(page.locator(":focus"))).to_be_visible()
    visitor.check_looks()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_contain_text("approved.")
    visitor.check_looks()
