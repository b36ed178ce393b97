"""Where a person is asked: the terminal, and a page on this machine."""
