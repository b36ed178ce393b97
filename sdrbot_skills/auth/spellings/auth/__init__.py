"""`from auth.hubspot import get_client`: a shorter spelling of `sdrbot_skills.auth.hubspot`, which scripts in the sandbox may use.

This folder's parent is on the sandbox's import path; nothing is copied here, the submodules are those of `sdrbot_skills.auth`.
"""

from sdrbot_skills import auth

__path__ = auth.__path__
