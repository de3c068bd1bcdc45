"""Notices: what the console tells one person, such as that their import is done."""
