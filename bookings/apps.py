"""The bookings app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BookingsConfig(AppConfig):
    """Properties, away plans, bookings."""

    name = "bookings"
    verbose_name = "Homes and stays"

    def ready(self) -> None:
        from bookings.models import AwayPlan, Booking, Property
        from opsconsole.access import standing
        from staffing import care
        from staffing.explain.counts import count_in_zip_codes
        from staffing.roles import sync_roles

        count_in_zip_codes("property", "properties", Property.objects.not_archived)
        count_in_zip_codes("open plan", "open plans", AwayPlan.objects.open)
        count_in_zip_codes("upcoming booking", "upcoming bookings", Booking.objects.upcoming)

        # bookings is the last of the apps: all permissions that roles name exist by then.
        post_migrate.connect(sync_roles, sender=self, dispatch_uid="sync_roles")
        post_migrate.connect(standing.put_up, sender=self, dispatch_uid="lock_2")

        care.tell(
            homes=lambda person: Property.objects.visible_to(person).not_archived(),
            plans=lambda person: AwayPlan.objects.visible_to(person).open(),
        )
