"""The page of properties."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from bookings import services
from bookings.admin.bulk_edit import BulkEdit
from bookings.admin.bulk_forms import HomeChanges
from bookings.admin.codes import CodePages
from bookings.admin.labels import LIFECYCLE_COLOURS, READINESS_COLOURS
from bookings.admin.notes import Noted
from bookings.admin.task_rows import TaskRows
from bookings.admin.views import HOMES
from bookings.models import AwayPlan, Property
from bookings.querysets import TODAY_THERE
from bookings.readiness import State, not_ready, reasons, say_state, state_and_next, with_readiness
from bookings.resources import PropertyResource
from bookings.restoring import HOME
from opsconsole.access.people import sees_everything
from opsconsole.admin import Link, RelatedRows, RowsBelow, ScopedRelatedFilter
from opsconsole.admin.forms import ReasonForm
from opsconsole.admin.restoring import Restorable
from opsconsole.dates import say_date
from opsconsole.exports.admin import Exporting
from opsconsole.imports.pages import import_urls
from staffing.requests import person

WAY = '<li><a class="text-primary-600 underline dark:text-primary-400" href="{}">{}</a></li>'
FOR_MANAGERS = ["external_ref", "owner", "is_default", "zip_code", "city", "state"]


class PlansOfProperty(RelatedRows):
    """The away plans of a home, to read; each opens its own page."""

    model = AwayPlan
    verbose_name_plural = "away plans"
    fields = ["status", "starts_on", "ends_on", "hosting_allowed"]
    ordering = ["-starts_on"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("property")


OPEN_PLANS = RowsBelow(
    title="Open away plans",
    none="No open away plans.",
    model=AwayPlan,
    belongs_by="property",
    fields=("starts_on", "ends_on", "status", "hosting_allowed"),
    rows=lambda plans: plans.open().order_by("starts_on", "pk"),
)


class ReadinessFilter(DropdownFilter):
    """The homes that somebody has to see to before whom they wait for is there."""

    title = "readiness"
    parameter_name = "readiness"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(State.NOT_READY, "Not ready for the next arrival")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        is_asked = self.value() == State.NOT_READY
        return not_ready(queryset, timezone.now()) if is_asked else queryset


@admin.register(Property)
class PropertyAdmin(CodePages, Noted, Restorable, Exporting, BulkEdit):
    """Homes, with who owns them and when their residents are away next."""

    form = ReasonForm
    imports = PropertyResource
    if_empty = "A home has an owner and lies in a ZIP code: served ZIP codes and people come first."
    export_resource = PropertyResource
    list_display = [
        "home",
        "owner",
        "zip_code",
        "property_type",
        "max_guests",
        "next_away",
        "stands",
        "state_now",
    ]
    list_select_related = ["owner", "zip_code"]
    built_in_views = HOMES
    list_filter = [
        ReadinessFilter,
        ("zip_code", ScopedRelatedFilter),
        ("lifecycle", ChoicesDropdownFilter),
        ("property_type", ChoicesDropdownFilter),
    ]
    rows_below = OPEN_PLANS
    search_fields = ["name", "street", "external_ref", "owner__full_name", "owner__email"]
    search_help_text = "Search by name, street, reference or owner"
    autocomplete_fields = ["owner", "zip_code"]
    fieldsets = [
        (None, {"fields": ["name", "external_ref", "lifecycle", "property_type", "standing"]}),
        ("Owner", {"fields": ["owner", "is_default"]}),
        (
            "Address",
            {"fields": ["street", "unit", "city", "state", "zip_code", "latitude", "longitude"]},
        ),
        (
            "Room and rate",
            {
                "fields": [
                    "bedrooms",
                    "bathrooms",
                    "max_guests",
                    "nightly_rate",
                    "check_in_from",
                    "check_out_until",
                    "amenities",
                ]
            },
        ),
    ]
    inlines = [PlansOfProperty, TaskRows]
    restoring = HOME
    changes_form = HomeChanges

    def get_urls(self) -> list[URLPattern]:
        """The pages of an import stand under `import/`."""
        return [*import_urls(self, self.imports), *super().get_urls()]

    def has_import_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Importing is a permission of its own."""
        return self.allows(request, "import")

    def save_record(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> None:
        changed = [name for name in form.changed_data if name != "change_reason"]
        reason = form.cleaned_data["change_reason"]
        services.save_home(obj, by=person(request), reason=reason, changed=changed)

    def save_changed(
        self, request: HttpRequest, record: Any, names: Collection[str], reason: str
    ) -> None:
        services.save_home(record, by=person(request), reason=reason, changed=names)

    def list_links(self, request: HttpRequest) -> list[Link]:
        """Files come in from here, and go out."""
        links = super().list_links(request)
        if self.has_import_permission(request):
            upload = reverse("admin:bookings_property_import")
            links = [Link("Import from a file", upload, "upload_file"), *links]
        return links

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the list may be sorted by; it costs nothing where the list is not."""
        coming = AwayPlan.objects.filter(
            property=OuterRef("pk"), status__in=AwayPlan.BLOCKING, ends_on__gt=TODAY_THERE
        )
        soonest = coming.order_by("starts_on").values("starts_on")[:1]
        return super().get_queryset(request).alias(next_start=Subquery(soonest))

    def rows_shown(self, request: HttpRequest, rows: QuerySet[Any]) -> list[Any]:
        """With how each home stands, and when its residents are away."""
        return with_readiness(rows, timezone.now())

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """By the index of words; under a policy, which keeps it from use, among one's own homes."""
        if sees_everything(request.user):
            return queryset.matching(search_term), False
        return super().get_search_results(request, queryset, search_term)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Staff look after a home; whose it is and where it lies is the managers'."""
        fixed = [] if request.user.has_perm("bookings.add_property") else FOR_MANAGERS
        return [*fixed, "standing"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """How a home stands is not to be said of one that is not there yet."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj:
            return fieldsets
        return [
            (name, {**options, "fields": [f for f in options["fields"] if f != "standing"]})
            for name, options in fieldsets
        ]

    @display(description="readiness")
    def standing(self, home: Any) -> str:
        """Who is in and who comes next; and why the home is not ready, with the ways there."""
        [home] = with_readiness([home], timezone.now())
        words = say_state(home) or "Nothing is expected of this home"
        if home.readiness != State.NOT_READY:
            return words
        why = [(_page_of(record), sentence) for sentence, record in _why(home)]
        return format_html("{}<ul>{}</ul>", words, format_html_join("", WAY, why))

    @display(description="home", ordering="name", header=True)
    def home(self, home: Property) -> list[str]:
        return [home.name, home.address]

    @display(description="away", ordering="next_start")
    def next_away(self, home: Any) -> str:
        if home.away_on is None:
            return ""
        return f"{'since' if home.away_on <= home.today else 'from'} {say_date(home.away_on)}"

    @display(description="readiness", label=READINESS_COLOURS)
    def stands(self, home: Any) -> tuple[str, str, str]:
        return home.readiness, *state_and_next(home)

    @display(description="state", ordering="lifecycle", label=LIFECYCLE_COLOURS)
    def state_now(self, home: Property) -> str:
        return home.get_lifecycle_display()


def _why(home: Property) -> list[tuple[str, Any]]:
    return reasons([home], timezone.now())[home.pk]


def _page_of(record: Any) -> str:
    return reverse(f"admin:bookings_{record._meta.model_name}_change", args=[record.pk])
