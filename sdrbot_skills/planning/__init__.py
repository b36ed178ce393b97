"""Planning: what goes where, proposed with reasons, checked, and forecast."""
