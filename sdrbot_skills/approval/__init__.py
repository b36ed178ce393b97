"""What a person agrees to, how they say so, and the sealed credentials that their passphrase opens."""
