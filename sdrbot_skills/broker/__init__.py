"""The one door to a CRM: a process of its own that holds the credentials of one purpose, judges each request and keeps the ledger."""
