"""`python -m sdrbot_skills` is `crm-migrate`."""

from sdrbot_skills.cli import main

if __name__ == "__main__":
    main()
