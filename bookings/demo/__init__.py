"""A company to look at: a year of its homes, plans and bookings, told from fixtures/."""
