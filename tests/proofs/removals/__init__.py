"""Rules, each taken out by itself to see which test misses it."""
