"""Each rule of access taken out by itself, to see which test misses it: `make removals`."""
