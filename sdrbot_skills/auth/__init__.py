"""The clients of the vendor SDKs by the names an agent expects: a thin face over the CRM folders."""
