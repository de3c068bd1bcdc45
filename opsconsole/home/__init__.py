"""The home page: one for each role, telling what waits for this person."""
