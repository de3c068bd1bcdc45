"""What a WSGI server imports to serve the console."""

import os

from django.core.management.base import BaseCommand
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")

application = get_wsgi_application()
BaseCommand().check()  # a server runs none by itself, and must not start with a hole in the scope
