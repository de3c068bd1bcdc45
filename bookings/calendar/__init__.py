"""One's own work for the calendar program of a phone: its address, entries and file."""
