"""Properties, the away plans filed for them, and the bookings inside those plans."""
