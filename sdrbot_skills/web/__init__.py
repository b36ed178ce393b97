"""Pages for people: review and report."""
