"""The pages of an import, through the client."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import pytest_django
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from bookings.models import Property
from bookings.resources import PropertyResource
from opsconsole.imports import steps
from opsconsole.imports.listing import Choice, pages_of
from opsconsole.imports.mapping import Mapping
from opsconsole.imports.models import ImportBatch
from opsconsole.imports.pages import ImportPages
from opsconsole.imports.problems import Drifted
from staffing.models import User
from tests.factories import make_auditor, make_manager, make_property, make_staff
from tests.imports.files import as_csv, home, imported, previewed, uploaded, without

pytestmark = pytest.mark.django_db

WRONG_FILE = {"reason": "The wrong file"}
STEPS = ("mapping", "preview", "commit", "report", "rejects")


def url(step: str = "", batch: ImportBatch | None = None) -> str:
    name = f"admin:bookings_property_import{'_' if step else ''}{step}"
    return reverse(name, args=[batch.pk] if batch else [])


def post_file(client: Client, content: bytes) -> Any:
    return client.post(url(), {"file": SimpleUploadedFile("homes.csv", content)})


def form_of(client: Client, batch: ImportBatch, **changes: str) -> dict[str, str]:
    form = client.get(url("mapping", batch)).context["form"]
    return {name: form[name].value() or "" for name in form.fields} | changes


@pytest.fixture
def client(mona: User, sign_in: Callable[[Any], Client]) -> Client:
    return sign_in(mona)


def test_from_upload_to_report(client: Client) -> None:
    rows = [home("H-1"), home("H-2"), home("H-3", **{"ZIP code": "0"})]

    to_mapping = post_file(client, as_csv(*rows))
    batch = ImportBatch.objects.get()
    to_preview = client.post(url("mapping", batch), form_of(client, batch))
    preview = client.get(to_preview.url)
    to_report = client.post(url("commit", batch))
    report = client.get(to_report.url)

    assert to_mapping.url == url("mapping", batch)
    assert to_preview.url == url("preview", batch)
    assert "Import 2 properties" in preview.content.decode()
    assert Property.objects.filter(import_batch=batch).count() == 2
    assert to_report.url == url("report", batch)
    assert "2 new, 0 changed" in report.content.decode()
    assert url("rejects", batch) in report.content.decode()


def test_history_of_a_page_import_carries_the_request(client: Client, mona: User) -> None:
    batch = previewed(mona, home())

    client.post(url("commit", batch))

    version = Property.history.get()  # type: ignore[attr-defined]
    assert (version.source, version.batch_id, version.history_user) == ("import", batch.pk, mona)
    assert version.request_id


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "This file is empty"),
        (b"PK\x03\x04", "This is a spreadsheet"),
        (b'a,b\n1,"2\n', "opens on line 2 is never closed"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_on_the_form(
    client: Client, content: bytes, says: str
) -> None:
    response = post_file(client, content)

    assert response.status_code == 200
    assert says in response.content.decode()
    assert not ImportBatch.objects.exists()


def test_the_limits_are_those_of_the_settings(
    client: Client, settings: pytest_django.fixtures.SettingsWrapper
) -> None:
    settings.IMPORT_MAX_ROWS = 1

    response = post_file(client, as_csv(home("H-1"), home("H-2")))

    assert "more than 1 rows" in response.content.decode()


def test_no_file_at_all(client: Client) -> None:
    assert "Choose a file first." in client.post(url()).content.decode()


def test_the_mapping_page_shows_guesses_and_samples(client: Client, mona: User) -> None:
    batch = uploaded(mona, home("H-1", Name="Blue house"), home("H-2", Name="Red house"))

    page = client.get(url("mapping", batch))

    assert page.context["form"]["column_zip_code"].value() == "ZIP code"
    assert "“Blue house”, “Red house”" in page.content.decode()
    assert "with a comma between the cells" in page.content.decode()


def test_what_is_needed_hangs_on_what_there_is(client: Client, mona: User) -> None:
    def needed(row: dict[str, str]) -> set[str]:
        batch = steps.upload(PropertyResource(), mona, "homes.csv", as_csv(row))
        rows = client.get(url("mapping", batch)).context["form"].rows()
        return {row.title for row in rows if row.required}

    always = {"Owner's email", "ZIP code", "Type"}
    assert needed(home()) == {*always, "Reference"}
    assert needed(without(home(), "Reference")) == {*always, "Street"}


def test_a_mapping_that_lacks_something_stays_on_the_form(client: Client, mona: User) -> None:
    batch = uploaded(mona, home())

    changes = {"column_owner": "", "value_name": "", "column_unit": "Name", "column_name": ""}
    response = client.post(url("mapping", batch), form_of(client, batch, **changes))

    assert "Nothing gives Owner" in response.content.decode()
    assert response.context["form"]["column_unit"].value() == "Name"


@pytest.mark.parametrize("step", ["preview", "commit"])
def test_without_a_mapping_that_is_complete_there_is_no_step_past_it(
    client: Client, mona: User, step: str
) -> None:
    post_file(client, b"Reference\nH-1\n")
    batch = ImportBatch.objects.get()
    if step == "commit":  # as a preview left it that did not ask
        ImportBatch.objects.update(status="previewed", create=1)

    response = client.post(url(step, batch), follow=True)

    assert response.redirect_chain == [(url("mapping", batch), 302)]
    assert "Nothing gives Owner" in response.content.decode()
    assert not Property.objects.exists()


def test_one_column_for_two_fields_is_told(client: Client, mona: User) -> None:
    batch = uploaded(mona, home())

    response = client.post(url("mapping", batch), form_of(client, batch, column_unit="Name"))

    assert "This column is taken for Name already." in response.content.decode()


def test_a_value_for_every_row(client: Client, mona: User) -> None:
    batch = uploaded(mona, home())
    changes = {"column_property_type": "", "value_property_type": "Condo"}

    client.post(url("mapping", batch), form_of(client, batch, **changes))
    client.post(url("commit", batch))

    assert Property.objects.get().property_type == "condo"


def test_a_value_for_every_row_that_is_too_long_is_told_at_its_field(
    client: Client, mona: User
) -> None:
    batch = uploaded(mona, home())

    response = client.post(url("mapping", batch), form_of(client, batch, value_bedrooms="9" * 501))

    assert "at most 500 characters (it has 501)" in response.content.decode()
    batch.refresh_from_db()
    assert batch.constants == {}


def test_the_header_line_can_be_changed(client: Client, mona: User) -> None:
    batch = uploaded(mona, home("H-1"), home("H-2"))

    wrong = client.post(url("mapping", batch), {"header_row": "9"}, follow=True)
    client.post(url("mapping", batch), {"header_row": "2"})

    assert "No row starts on line 9" in wrong.content.decode()
    batch.refresh_from_db()
    assert (batch.header_row, batch.rows) == (2, 1)
    assert batch.header[0] == "H-1"


def test_the_preview_shows_each_kind_with_pages(client: Client, mona: User) -> None:
    make_property(external_ref="H-1", street="1 Olive Street", name="Old name")
    rows = [home("H-1"), *(home(f"H-{n}") for n in range(2, 55)), home("H-99", Type="Castle")]
    batch = previewed(mona, *rows, home("H-100", **{"ZIP code": "0"}))

    def shown(query: str) -> str:
        return client.get(url("preview", batch) + query).content.decode()

    assert "Page 1 of 2" in shown("?show=create")
    assert "H-54" in shown("?show=create&p=2")
    assert "Old name" in shown("?show=update")
    assert "is not a ZIP code" in shown("?show=reject")
    assert "“Castle” is not known here" in shown("?show=warnings")
    assert "Import 54 new and change 1 property" in shown("")


def test_cells_are_escaped(client: Client, mona: User) -> None:
    batch = previewed(mona, home(Name="<script>x</script>", Type="<b>", **{"ZIP code": "<i>"}))

    page = client.get(url("preview", batch) + "?show=reject").content.decode()

    assert "<script>x" not in page
    assert "“&lt;i&gt;” is not a ZIP code" in page


def test_differences_name_the_owner_and_not_an_id(client: Client, mona: User) -> None:
    old = make_property(external_ref="H-1", street="1 Olive Street").owner
    batch = previewed(mona, home("H-1"))

    page = client.get(url("preview", batch)).content.decode()

    assert old.email in page
    assert "rosa@example.com" in page


def test_drift_is_listed_and_the_preview_can_be_made_anew(client: Client, mona: User) -> None:
    make_property(external_ref="H-1", street="1 Olive Street", name="Old name")
    batch = previewed(mona, home("H-1"))
    Property.objects.update(name="Newer name")

    refused = client.post(url("commit", batch))
    client.post(url("preview", batch))
    done = client.post(url("commit", batch))

    assert refused.status_code == 409
    assert "Name is Newer name meanwhile." in refused.content.decode()
    assert done.url == url("report", batch)
    assert Property.objects.get().name == "Blue house"


def test_the_button_pressed_twice_imports_once(client: Client, mona: User) -> None:
    batch = previewed(mona, home())

    first, second = client.post(url("commit", batch)), client.post(url("commit", batch))

    assert first.url == second.url == url("report", batch)
    assert Property.objects.count() == 1


@pytest.mark.parametrize("step", ["mapping", "header row", "preview", "commit"])
def test_a_page_loaded_before_the_commit_leads_to_its_report(
    client: Client, mona: User, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    batch = previewed(mona, home())
    form = form_of(client, batch) if step == "mapping" else {"header_row": "1"}
    loaded_before = ImportBatch.objects.get(pk=batch.pk)
    steps.commit(batch, PropertyResource(), mona)
    monkeypatch.setattr(ImportPages, "_batch", lambda *args: loaded_before)

    response = client.post(url("mapping" if step == "header row" else step, batch), form)

    assert response.url == url("report", batch)
    messages = [str(message) for message in get_messages(response.wsgi_request)]
    assert messages == ["This import is imported."]
    batch.refresh_from_db()
    assert batch.status == "committed"


@pytest.mark.django_db(transaction=True)
def test_a_mapping_waits_for_the_commit_that_runs(mona: User) -> None:
    batch = previewed(mona, home())
    loaded_before = ImportBatch.objects.get(pk=batch.pk)
    mapping = Mapping(batch.mapping, batch.constants)

    def map_again() -> str:
        try:
            steps.map_columns(loaded_before, PropertyResource(), mapping)
        except Drifted as drifted:
            return drifted.lines[0][1]
        finally:
            connection.close()
        return "mapped"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            steps.commit(batch, PropertyResource(), mona)
            answer = pool.submit(map_again)
            with pytest.raises(TimeoutError):
                answer.result(timeout=0.5)

        assert answer.result(timeout=10) == "This import is imported."


def test_a_commit_is_no_link(client: Client, mona: User) -> None:
    batch = previewed(mona, home())

    assert client.get(url("commit", batch)).status_code == 405
    assert not Property.objects.exists()


def test_a_commit_needs_the_token_of_the_form(mona: User) -> None:
    batch = previewed(mona, home())
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(mona, backend="staffing.backends.RoleBackend")

    assert strict.post(url("commit", batch)).status_code == 403
    assert not Property.objects.exists()


def test_pages_lead_to_the_step_that_is_due(client: Client, mona: User) -> None:
    batch = uploaded(mona, home())

    assert client.get(url("preview", batch)).url == url("mapping", batch)
    assert client.get(url("report", batch)).url == url("mapping", batch)
    client.post(url("preview", batch))
    client.post(url("commit", batch))
    assert client.get(url("mapping", batch)).url == url("report", batch)
    assert client.get(url("preview", batch)).url == url("report", batch)


def test_rejects_download(client: Client, mona: User) -> None:
    batch = previewed(mona, home("H-1"), home("H-2", Type=""))

    response = client.get(url("rejects", batch))

    assert response["Content-Disposition"] == 'attachment; filename="homes rejects.csv"'
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert [line[:3] for line in lines] == ["Ref", "H-2"]


@pytest.mark.parametrize("make", [make_staff, make_auditor])
def test_without_the_permission_every_page_is_closed(
    mona: User, sign_in: Callable[[Any], Client], make: Callable[[], User]
) -> None:
    batch = previewed(mona, home())
    client = sign_in(make())

    statuses = {client.get(url(step, batch)).status_code for step in STEPS}

    assert statuses | {client.get(url()).status_code} == {403}
    assert client.post(url("commit", batch)).status_code == 403
    assert not Property.objects.exists()


def test_a_batch_is_there_only_for_who_uploaded_it(
    mona: User, sign_in: Callable[[Any], Client]
) -> None:
    batch = previewed(mona, home())
    client = sign_in(make_manager("Max Manager"))

    assert {client.get(url(step, batch)).status_code for step in STEPS} == {404}
    assert client.post(url("commit", batch)).status_code == 404
    assert not Property.objects.exists()


def test_without_signing_in_there_is_only_the_sign_in_page(mona: User) -> None:
    response = Client().get(url())

    assert response.status_code == 302
    assert "login" in response.url


def test_a_file_without_references_goes_all_the_way(client: Client) -> None:
    post_file(client, as_csv(without(home(Street="12 Main St, 4B"), "Reference")))
    batch = ImportBatch.objects.get()

    client.post(url("mapping", batch), form_of(client, batch))
    client.post(url("commit", batch))

    assert Property.objects.get().unit == "4B"


def test_another_manager_sees_what_undoing_does_and_undoes(
    client: Client, mona: User, sign_in: Callable[[Any], Client]
) -> None:
    batch = imported(mona, home("H-1"), home("H-2"))
    Property.objects.filter(external_ref="H-2").update(bedrooms=7)
    other = sign_in(make_manager("Nora"))

    before = other.get(url("undo", batch)).content.decode()
    after = other.post(url("undo", batch), WRONG_FILE, follow=True).content.decode()

    assert "deleted by undoing: <strong>1</strong>" in before
    assert "It was changed since the import." in before
    assert "Nora undid it" in after
    assert "Deleted: 1. As before: 0. Kept: 1." in after
    assert [home_.external_ref for home_ in Property.objects.all()] == ["H-2"]
    assert url("undo", batch) in client.get(url("report", batch)).content.decode()


def test_undoing_asks_why_and_keeps_the_answer(
    mona: User, sign_in: Callable[[Any], Client]
) -> None:
    batch = imported(mona, home("H-1"))
    client = sign_in(mona)

    unsaid = client.post(url("undo", batch), {"reason": "  "})
    assert "Say why the import is undone." in unsaid.content.decode()
    assert Property.objects.exists()
    said = client.post(url("undo", batch), WRONG_FILE, follow=True)

    assert "Reason: The wrong file" in said.content.decode()
    [version] = Property.history.filter(history_type="-")  # type: ignore[attr-defined]
    assert version.history_change_reason == "Undo of the import of homes.csv: The wrong file"


def test_undoing_in_the_background_is_looked_after_by_its_own_page(
    mona: User,
    sign_in: Callable[[Any], Client],
    settings: pytest_django.fixtures.SettingsWrapper,
) -> None:
    settings.IMPORT_ROWS_AT_ONCE = 0
    batch = imported(mona, home("H-1"))
    other, page = sign_in(make_manager("Nora")), url("undo", batch)

    waiting = other.post(page, WRONG_FILE, follow=True).content.decode()
    asked = other.get(page, headers={"HX-Request": "true"})
    ImportBatch.objects.update(in_progress="", status="undone")
    done = other.get(page, headers={"HX-Request": "true"})

    assert f'hx-get="{page}"' in waiting
    assert 'id="progress"' in asked.content.decode()
    assert done["HX-Redirect"] == page


def test_what_undoing_keeps_leads_to_its_page(client: Client, mona: User) -> None:
    batch = imported(mona, home("H-1"))
    Property.objects.update(bedrooms=7)

    page = client.get(url("undo", batch)).content.decode()

    assert f'href="/bookings/property/{Property.objects.get().pk}/change/"' in page


def test_a_long_file_is_left_to_the_worker(
    client: Client, mona: User, settings: pytest_django.fixtures.SettingsWrapper
) -> None:
    settings.IMPORT_ROWS_AT_ONCE = 1
    batch = uploaded(mona, home("H-1"), home("H-2"))

    response = client.post(url("preview", batch))
    page = client.get(response["Location"]).content.decode()
    client.post(url("stop", batch))

    assert response["Location"] == url("progress", batch)
    assert "Waiting for a worker" in page
    assert "Stopping" in client.get(url("progress", batch)).content.decode()
    assert client.get(url("mapping", batch))["Location"] == url("progress", batch)
    ImportBatch.objects.update(in_progress="")
    asked = client.get(url("progress", batch), headers={"HX-Request": "true"})
    assert asked["HX-Redirect"] == url("mapping", batch)


def test_a_whole_tab_is_not_counted_again(
    client: Client, mona: User, django_assert_num_queries: Any
) -> None:
    batch = previewed(mona, *(home(f"H-{n}") for n in range(1, 53)))
    whole, part = pages_of(batch, Choice("create")), pages_of(batch, Choice("create", text="H-1"))

    with django_assert_num_queries(0):
        assert (whole.count, whole.num_pages) == (52, 2)
    with django_assert_num_queries(1):
        assert part.count == 11
