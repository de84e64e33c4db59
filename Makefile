# The developer's whole interface. `make` alone lists the targets.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help run setup test check format soak table bench constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## install what is missing and start the bot (web chat on http://127.0.0.1:8000)
	$(BIN)/cenfobot serve

setup: $(STAMP) ## install the project and its tools into .venv, at the versions of constraints.txt

test: setup ## run the tests, on two cores
	$(BIN)/pytest -q --numprocesses 2 --dist worksteal

check: setup ## lint, formatting, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## rewrite the code as the linter wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

soak: setup ## run the tests that take minutes under load
	$(BIN)/pytest -q -m soak

table: setup ## write the README's table of measures from benchmarks/evaluation.json
	$(BIN)/python -m training.reporting.readme

bench: setup ## run every benchmark; results on standard output
	@for name in $(basename $(notdir $(wildcard benchmarks/*.py))); do \
	  echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

# To move to newer versions: .venv/bin/pip install -U NAME, make check test, then this.
# A "+cpu" build is written without its mark, so that the same file installs the CUDA build elsewhere.
constraints: setup ## write the versions that are installed in .venv down in constraints.txt
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' > constraints.txt
	@touch $(STAMP)

clean: ## remove what the tools made; never var/, which holds your data
	rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find bot storage training tests benchmarks -name __pycache__ -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "cenfobot needs Python 3.11 or newer, as $(PYTHON). Another one: make setup PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "$(PYTHON) cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@
