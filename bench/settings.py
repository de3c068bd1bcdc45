"""The console's settings, with the peers' tables beside its own and no log of queries."""

from pathlib import Path

from django.contrib import admin

from opsconsole import settings as console

globals().update({name: getattr(console, name) for name in dir(console) if name.isupper()})

INSTALLED_APPS = [*console.INSTALLED_APPS, "bench"]
DEBUG = False
# Django's own templates, without unfold's in front of them.
PLAIN = {
    **console.TEMPLATES[0],
    "NAME": "plain",
    "APP_DIRS": False,
    "DIRS": [Path(admin.__file__).parent / "templates"],
}
TEMPLATES = [*console.TEMPLATES, PLAIN]
