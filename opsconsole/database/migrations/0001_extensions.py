# Written by hand: kept by resetmigrations.
"""What the constraints and the searches of the apps need of PostgreSQL."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    run_before = [("staffing", "0001_initial"), ("bookings", "0001_initial")]
    operations = [BtreeGistExtension(), TrigramExtension()]
