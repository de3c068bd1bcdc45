# Written by hand: kept by resetmigrations.
"""Who is on duty in which ZIP code as a view, so that colleagues there can be told.

The view reads the assignments with its owner's rights, past the policies. It shows names, duties
and dates alone, and to staff those of their own ZIP codes: the same condition as a policy has.
"""

from django.db import migrations

CREATE = """
CREATE VIEW staffing_onduty WITH (security_barrier) AS
SELECT a.id, a.zip_code_id, a.user_id AS person_id, c.name, a.duty, a.starts_on, a.ends_on
FROM staffing_zipassignment a
JOIN auth_permission p ON p.id = a.permission_id AND p.codename = 'operate_zipcode'
JOIN staffing_user u ON u.id = a.user_id AND u.is_active
JOIN staffing_colleague c ON c.id = a.user_id
WHERE current_user <> 'console_staff' OR a.zip_code_id = ANY (
    (SELECT nullif(current_setting('console.zips', true), '')::bigint[])::bigint[]
)
"""


class Migration(migrations.Migration):
    dependencies = [("staffing", "0014_restore_homes_plans_and_bookings_alone")]
    operations = [migrations.RunSQL(CREATE, "DROP VIEW staffing_onduty")]
