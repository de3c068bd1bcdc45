"""Rules of access and of undoing, each taken out by itself to see which test misses it."""
