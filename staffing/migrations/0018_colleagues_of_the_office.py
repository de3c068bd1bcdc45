# Written by hand: kept by resetmigrations.
"""Which colleagues no ZIP code limits, so that staff can be told who else sees a record.

Engineers are left out, as they are from every other answer to that question.
"""

from django.db import migrations

REPLACE = """
CREATE OR REPLACE VIEW staffing_colleague WITH (security_barrier) AS
SELECT id, coalesce(nullif(full_name, ''), split_part(email, '@', 1)) AS name,
    is_active AND NOT is_superuser AND user_type IN ('manager', 'auditor') AS in_office
FROM staffing_user WHERE user_type <> 'rerenter'
"""


class Migration(migrations.Migration):
    dependencies = [("staffing", "0017_search_for_words")]
    operations = [migrations.RunSQL(REPLACE, migrations.RunSQL.noop)]
