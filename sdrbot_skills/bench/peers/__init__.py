"""Other tools on the same practice CRMs. Each program here runs in a virtual environment of its own and imports nothing of the product."""
