"""Measuring the product on practice CRMs: the whole way as a person goes it, beside what a quick script would do."""
