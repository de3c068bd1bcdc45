# Written by hand: kept by resetmigrations.
from django.db import migrations, models

# Previews from before go on: a line was one record.
NUMBER = """
    UPDATE imports_stagedrow s SET row = n.row
    FROM (SELECT id, row_number() OVER (PARTITION BY batch_id ORDER BY line) AS row
        FROM imports_stagedrow) n
    WHERE n.id = s.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0005_undoing_says_why"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="stagedrow",
            options={"ordering": ["batch", "row"], "verbose_name": "staged row"},
        ),
        migrations.AddField(
            model_name="stagedrow",
            name="row",
            field=models.PositiveIntegerField(
                default=0,
                help_text="From 1, in the order of the file, one for each record that it names.",
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(NUMBER, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="stagedrow", name="staged_by_action"),
        migrations.AddIndex(
            model_name="stagedrow",
            index=models.Index(fields=["batch", "action", "row"], name="staged_by_action"),
        ),
    ]
