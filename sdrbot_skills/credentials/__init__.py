"""Where credentials come from, on the host side only: environment, `.env`, keyrings, the sealed vault."""
