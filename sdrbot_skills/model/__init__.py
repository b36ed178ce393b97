"""The nouns: values, schema, plan, results. Data only; nothing here does input or output."""
