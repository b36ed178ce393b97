"""`python -m sdrbot_skills.broker`: one JSON line in, one JSON line out, then it serves."""

import sys

from sdrbot_skills.broker.process import main

if __name__ == "__main__":
    sys.exit(main())
