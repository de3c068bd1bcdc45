"""The work that plans and bookings bring: which tasks, for whom, and the steps of each."""
