"""What is long or random, each under a name: `python -m tests.proofs`."""
