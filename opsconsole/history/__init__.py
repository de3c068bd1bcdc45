"""Versions of the tracked records: written by triggers, read with django-simple-history."""
