"""`python -m sdrbot_skills.lab`: the lab's commands; `serve` is the emulators' own process."""

import sys

import orjson

if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        from sdrbot_skills.lab.serve import serve_process

        serve_process(orjson.loads(sys.argv[2]))
    else:
        from sdrbot_skills.lab.cli import app

        app()
