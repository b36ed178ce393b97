# The two commands that matter: `make demo` and `make test`. Each sets up what it needs in .venv first.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Most of a small process is importing; nothing imports fast without bytecode, and the sandbox reads it but never writes any.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help demo test coverage trials matrix check format lock wheel clean

help: ## say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/'

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: $(PYTHON) was not found. Name yours: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib sdrbot_skills || true # a library's own template of code need not compile
	@touch $(READY)

demo: $(READY) ## rehearse a whole migration on two practice CRMs
	$(BIN)/crm-migrate demo

test: $(READY) ## run every test
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=15

coverage: $(READY) ## run every test and say which lines none of them reaches (takes twice as long)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov=sdrbot_skills --cov-report=term-missing:skip-covered

trials: $(READY) ## run the long proofs: many kills, real data
	$(BIN)/python -m pytest -m long -s

matrix: $(READY) ## migrate in all 36 directions between practice CRMs, prove each, and write docs/matrix.md
	$(BIN)/crm-migrate matrix --write docs/matrix.md

check: $(READY) ## style, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/agentskills validate skills/crm-migration

format: $(READY) ## bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## renew requirements.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --quiet --output-file requirements.lock

wheel: $(READY) ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

clean: ## remove what was made
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .coverage htmlcov
