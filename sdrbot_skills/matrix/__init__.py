"""Every direction, from each of the six CRMs to each, between practice CRMs: the whole way as a person goes it, judged by plain HTTP."""
