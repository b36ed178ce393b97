"""Everything known about the CRMs: one contract, and one folder per CRM with its client, schema, records, codec and data."""
