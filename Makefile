# Two commands do everything: `make run` and `make test`. Each sets up what it needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Some machines forbid it: then each of many processes compiles the same again, and the tests take twice as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install run test browser lint format bench clean lock

help: ## what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: $(INSTALLED) ## the virtual environment, with everything pinned in constraints.txt

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	    { echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: $(INSTALLED) ## database, simulator (without a vendor key), Dagster: http://127.0.0.1:3000
	$(BIN)/scrape-assets up

test: $(INSTALLED) browser ## the whole suite, on two cores
	$(BIN)/python -m pytest -n 4 --dist worksteal

# Pages are tested in a real one. Where neither the system has it nor can it be fetched, those tests are skipped.
browser: $(INSTALLED)
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	    $(BIN)/playwright install --only-shell chromium >/dev/null 2>&1 || \
	    echo "There is no Chromium, and none can be fetched: what needs a browser is not tested."

lint: $(INSTALLED) ## style, architecture and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(INSTALLED) ## rewrite the code in the house style
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(INSTALLED) ## every benchmark; the results are ratios
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m benchmarks

lock: ## write constraints.txt anew from what pyproject.toml allows today
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(VENV)-lock/bin/python -m pip freeze --exclude-editable > constraints.txt
	rm -rf $(VENV)-lock

clean: ## remove the environment, the caches and the data of `make run`
	rm -rf $(VENV) .scrape_assets .pytest_cache .ruff_cache .mypy_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
