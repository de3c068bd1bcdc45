"""The bookings app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BookingsConfig(AppConfig):
    """Properties, away plans, bookings, tasks."""

    name = "bookings"
    verbose_name = "Homes and stays"

    def ready(self) -> None:
        from bookings.belongings import keeper
        from bookings.codes import checks  # noqa: F401  (registers itself)
        from bookings.gone import zip_codes_at_last
        from bookings.models import AwayPlan, Booking, Property
        from bookings.tasks.letting_go import let_go_in
        from opsconsole.access import local, standing
        from opsconsole.history.stories import call_when_gone
        from staffing import belongings, followers
        from staffing.care import Care, Kind, tell
        from staffing.models import ZipCode
        from staffing.roles import sync_roles

        # bookings is the last of the apps: all permissions that roles name exist by then.
        post_migrate.connect(sync_roles, sender=self, dispatch_uid="sync_roles")
        post_migrate.connect(standing.put_up, sender=self, dispatch_uid="lock_2")
        post_migrate.connect(local.switch_jit_off, sender=self, dispatch_uid="jit")

        call_when_gone(ZipCode, zip_codes_at_last)
        belongings.tell(keeper())
        followers.tell(let_go_in)
        tell(
            Care(
                homes=Kind("property", "properties", Property.objects.not_archived),
                plans=Kind("open plan", "open plans", AwayPlan.objects.open),
                stays=Kind("upcoming booking", "upcoming bookings", Booking.objects.upcoming),
            )
        )
