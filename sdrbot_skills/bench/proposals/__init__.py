"""How good proposals are: measured against truth tables written by hand, over the schemas of the practice CRMs."""
