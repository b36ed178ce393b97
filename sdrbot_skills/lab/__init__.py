"""Practice CRMs: local emulators that answer like the vendors, with fault injection and demo data."""
