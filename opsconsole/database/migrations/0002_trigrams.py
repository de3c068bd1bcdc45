# Written by hand: kept by resetmigrations.
"""For databases that were made before the first migration brought the trigrams."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("database", "0001_extensions")]
    operations = [TrigramExtension()]
