"""The migration script: rendering it from a plan, and the small vocabulary it calls."""
