"""The history page tells versions in words, and names nothing outside a person's scope."""

from __future__ import annotations

import pytest

from opsconsole.access.acting import Source, acting
from opsconsole.history.story import tell, versions_of
from opsconsole.history.words import HIDDEN
from tests.factories import (
    assign,
    days,
    make_manager,
    make_plan,
    make_property,
    make_rerenter,
    make_staff,
    make_zip,
)

pytestmark = pytest.mark.django_db


def story(obj, person):
    return tell(obj, list(versions_of(obj, person)), None, person)


def test_a_change_reads_as_old_and_new_in_words():
    plan = make_plan(status="submitted")
    mona = make_manager()
    with acting(mona, source=Source.CONSOLE, reason="They asked us"):
        plan.hosting_allowed = True
        plan.status = "approved"
        plan.save()

    newest = story(plan, mona)[0]

    assert (newest.who, newest.kind, newest.reason) == ("Mona Manager", "changed", "They asked us")
    told = {(change.label, change.old, change.new) for change in newest.changes}
    assert told == {("Hosting allowed", "no", "yes"), ("Status", "Submitted", "Approved")}


def test_related_records_are_named_and_never_numbered():
    home = make_property(owner=make_rerenter("Rosa Lee"))
    home.owner = make_rerenter("Tom Bell")
    home.save()

    newest = story(home, make_manager())[0]

    assert [(c.label, c.old, c.new) for c in newest.changes] == [("Owner", "Rosa Lee", "Tom Bell")]


def test_times_are_by_the_clock_of_the_home():
    home = make_property("90210")

    entry = story(home, make_manager())[0]

    assert str(entry.when.tzinfo) == "America/Los_Angeles"


def test_staff_do_not_read_versions_from_before_the_home_came_to_them():
    home = make_property("02116", name="Secret past")
    home.zip_code = make_zip("06511")
    home.save()
    ana = make_staff(zips=("06511",))

    entries = story(home, ana)

    assert [entry.kind for entry in entries] == ["changed"]
    assert entries[0].changes[0].new == "06511 New Haven"
    assert "Secret past" not in str(entries)


def test_what_staff_may_not_see_is_not_named():
    home = make_property("06511")
    ana = make_staff(zips=("06511",))
    home.zip_code = make_zip("02116")
    home.save()
    home.zip_code = make_zip("06511")
    home.save()

    before = list(home.history.order_by("-history_id"))[1]
    entries = tell(home, list(versions_of(home, ana))[:1], before, ana)

    assert entries[0].changes[0].old == HIDDEN


def test_the_page_counts_its_queries_the_same_for_3_and_30_versions(
    sign_in, django_assert_max_num_queries
):
    client = sign_in(make_manager())
    counts = []

    for changes in (2, 29):
        plan = make_plan()
        for number in range(changes):
            plan.notes = f"Change {number}"
            plan.ends_on += days(1)
            plan.save()
        with django_assert_max_num_queries(25) as captured:
            response = client.get(f"/bookings/awayplan/{plan.pk}/history/")
        assert response.status_code == 200
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_the_page_goes_on_to_older_versions(sign_in):
    plan = make_plan()
    for number in range(30):
        plan.notes = f"Change {number}"
        plan.save()

    client, path = sign_in(make_manager()), f"/bookings/awayplan/{plan.pk}/history/"
    older = client.get(path).context["page"].older
    response = client.get(path, {"before": str(older)})

    told = [each.entry.number for each in response.context["told"]]
    assert told == list(plan.history.order_by("-history_id").values_list("pk", flat=True))[25:]
    assert "Change 4" in response.content.decode()
    assert response.context["page"].older is None


@pytest.mark.parametrize("wrong", ["x", "1.2", "1.2.3.4", "-1.0.1", "9" * 19 + ".0.1", "½.0.1"])
@pytest.mark.parametrize("way", ["before", "after"])
def test_a_place_that_is_none_shows_the_newest(sign_in, way, wrong):
    plan = make_plan()

    response = sign_in(make_manager()).get(f"/bookings/awayplan/{plan.pk}/history/", {way: wrong})

    assert response.status_code == 200
    assert [each.entry.number for each in response.context["told"]] == [plan.history.get().pk]


def test_staff_read_no_history_of_people_who_had_homes_elsewhere(sign_in):
    with acting(make_manager(), source=Source.CONSOLE, reason="Complained in Boston"):
        rosa = make_rerenter("Rosa Lee")
    make_property("06511", owner=rosa)
    ana = make_staff(zips=("06511",))

    page = sign_in(ana).get(f"/staffing/user/{rosa.pk}/history/").content.decode()
    told_to_a_manager = sign_in(make_manager()).get(f"/staffing/user/{rosa.pk}/history/")

    assert "There is no version that you may read" in page
    assert "Boston" not in page
    assert "Complained in Boston" in told_to_a_manager.content.decode()


def test_an_owner_who_is_out_of_scope_now_is_not_named():
    home = make_property("06511", owner=make_rerenter("Rosa Lee"))
    home.owner = make_rerenter("Tom Bell")
    home.save()

    told_to_ana = story(home, make_staff(zips=("06511",)))[0]
    told_to_a_manager = story(home, make_manager())[0]

    assert [(c.old, c.new) for c in told_to_ana.changes] == [(HIDDEN, "Tom Bell")]
    assert [(c.old, c.new) for c in told_to_a_manager.changes] == [("Rosa Lee", "Tom Bell")]


def test_staff_read_their_own_assignment_and_not_what_it_was_for_a_colleague():
    ana, ben = make_staff(), make_staff("Ben")
    assignment = assign(ben, "06511", note="On probation")
    assignment.user, assignment.note = ana, ""
    assignment.save()

    told_to_ana = story(assignment, ana)
    told_to_a_manager = story(assignment, make_manager())

    assert len(told_to_ana) == 1
    assert "probation" not in str(told_to_ana)
    assert "probation" in str(told_to_a_manager)
