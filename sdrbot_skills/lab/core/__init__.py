"""What all emulators share: a store, an HTTP application, faults, rate limits. Nothing here knows a vendor."""
