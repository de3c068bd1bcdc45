# Written by hand: kept by resetmigrations.
"""The key that has notes follow their home into another ZIP code."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("bookings", "0020_record_notes")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE bookings_recordnote ADD CONSTRAINT notes_lie_in_their_propertys_zip_code "
            "FOREIGN KEY (property_id, zip_code_id) REFERENCES bookings_property (id, zip_code_id) "
            "ON UPDATE CASCADE",
            "ALTER TABLE bookings_recordnote DROP CONSTRAINT "
            "notes_lie_in_their_propertys_zip_code",
        ),
    ]
