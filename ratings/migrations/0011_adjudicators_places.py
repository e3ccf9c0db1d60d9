"""Adjudicators who do not rate have a place of their own: their answers are a chain as everybody's."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ratings", "0010_six_face"),
    ]

    operations = [
        migrations.AddField(
            model_name="studyrater",
            name="rates",
            field=models.BooleanField(
                db_default=True, default=True, help_text="else only what others differ on is shown"
            ),
        ),
    ]
