"""Runs: directory, states, lock; starting broker and sandbox. The one thing every face calls."""
