"""`from sdrbot_cli.auth.hubspot import get_client`, as scripts written for SDRbot spell it."""

from sdrbot_skills import auth

__path__ = auth.__path__
