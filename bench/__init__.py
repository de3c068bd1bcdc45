"""Measurements of the console beside the stock libraries, in one run on one server."""
