"""The HTTP clients of the SDKs, on a broker's unix socket. Nothing here holds a credential; the broker adds it."""
