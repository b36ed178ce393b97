"""The engine: extract, transform, match, load, link, verify, undo; and the journal of every record's fate."""
