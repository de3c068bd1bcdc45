# Written by hand: kept by resetmigrations.
"""The one way for a code to leave the database, and the key that has codes follow their home.

`reveal_access_secret()` runs as the owner of the tables, for no request may read a code or write
the log. It says the rule of `bookings/codes/rule.py` once more, and returns no code without a row
in the log; past so many within an hour it returns none, and the row says so.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION reveal_access_secret(secret bigint, task bigint, why text, address text)
RETURNS bytea LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    actor CONSTANT bigint := nullif(current_setting('console.actor', true), '')::bigint;
    seems CONSTANT bigint := nullif(current_setting('console.person', true), '')::bigint;
    code record;
    who record;
    may boolean;
    is_shown boolean;
BEGIN
    SELECT s.*, (now() AT TIME ZONE p.timezone)::date AS today INTO code
    FROM bookings_accesssecret s JOIN bookings_property p ON p.id = s.property_id
    WHERE s.id = secret;
    SELECT u.user_type, u.is_superuser INTO who
    FROM staffing_user u WHERE u.id = actor AND u.is_active;
    may := CASE
        WHEN coalesce(seems, actor) <> actor OR code.valid_to < code.today THEN false
        WHEN who.user_type = 'manager' OR who.is_superuser THEN btrim(why) <> ''
        WHEN who.user_type = 'staff' THEN code.valid_from <= code.today
            AND (current_setting('role') <> 'console_staff' OR code.zip_code_id = ANY (
                nullif(current_setting('console.zips', true), '')::bigint[]))
            AND EXISTS (
                SELECT FROM bookings_task t
                WHERE t.id = task AND t.property_id = code.property_id
                AND t.assignee_id = actor AND t.status IN ('assigned', 'in_progress')
                AND code.today BETWEEN t.starts_on - 1 AND t.due_on + 1)
        ELSE false END;
    IF code.id IS NULL OR may IS NOT TRUE
    THEN
        RAISE EXCEPTION 'this code is not to be revealed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('reveal_access_secret', actor));
    SELECT count(*) < 20 INTO is_shown FROM bookings_secretreveal r
    WHERE r.revealed_by_id = actor AND r.was_shown
    AND r.revealed_at > clock_timestamp() - interval '1 hour';
    INSERT INTO bookings_secretreveal (secret_id, task_id, reason, revealed_by_id, revealed_at,
        was_shown, address, request_id)
    VALUES (secret, task, why, actor, clock_timestamp(), is_shown, address,
        nullif(current_setting('console.request', true), '')::uuid);
    RETURN CASE WHEN is_shown THEN code.sealed END;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0016_access_secrets")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE bookings_accesssecret ADD CONSTRAINT codes_lie_in_their_propertys_zip_code "
            "FOREIGN KEY (property_id, zip_code_id) REFERENCES bookings_property (id, zip_code_id) "
            "ON UPDATE CASCADE",
            "ALTER TABLE bookings_accesssecret DROP CONSTRAINT "
            "codes_lie_in_their_propertys_zip_code",
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION reveal_access_secret"),
    ]
