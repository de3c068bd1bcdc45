# Written by hand: kept by resetmigrations.
"""The names of colleagues as a view, so that staff can be told who did something.

The view reads the people with its owner's rights, past the policies, and shows their names alone.
"""

from django.db import migrations

CREATE = """
CREATE VIEW staffing_colleague WITH (security_barrier) AS
SELECT id, coalesce(nullif(full_name, ''), split_part(email, '@', 1)) AS name
FROM staffing_user WHERE user_type <> 'rerenter'
"""


class Migration(migrations.Migration):
    dependencies = [("staffing", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DROP VIEW staffing_colleague")]
