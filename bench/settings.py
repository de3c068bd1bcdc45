"""The console's settings, with the peers' tables beside its own and no log of queries."""

from opsconsole import settings as console

globals().update({name: getattr(console, name) for name in dir(console) if name.isupper()})

INSTALLED_APPS = [*console.INSTALLED_APPS, "bench"]
DEBUG = False
