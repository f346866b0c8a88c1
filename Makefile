# make dev: talk to a bot. make test: before every commit. make help: the rest.
PYTHON ?= python3.11
PYTEST ?= -n 3 --dist loadgroup --no-loadscope-reorder
SEEDS  ?= 2000
VENV   := .venv
BIN    := $(VENV)/bin

unexport PYTHONDONTWRITEBYTECODE  # every program that a test starts would compile everything again

.PHONY: help dev test lint docs pages screenshots format simulate cluster mutate soak audit bench clean

help:                    ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## */\t/' | expand -t 12

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install it, or say make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Setting up, once ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.develops: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Setting up for development, once ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.runs

$(VENV)/.documents: pyproject.toml constraints.txt | $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

dev: $(VENV)/.runs       ## a local Amazon Connect, the echo bot and a chat page; prints one address
	@$(BIN)/chat-agent dev echo

test: $(VENV)/.develops  ## the whole suite; COVERAGE=1 measures it too
	$(BIN)/python -m pytest $(PYTEST) $(if $(COVERAGE),--cov --cov-report=term)

lint: $(VENV)/.develops  ## style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/basedpyright
	$(BIN)/lint-imports

docs: $(VENV)/.documents ## the site, into build/site; a broken link fails
	$(BIN)/zensical build --strict --clean
	@cd docs && find . -name '*.md' | tar cf - -T - | tar xf - -C ../build/site  # llms.txt leads to them

pages: $(VENV)/.develops ## the pages that are written from the code
	$(BIN)/python -m tests.docs.written

screenshots: $(VENV)/.develops ## docs/pictures, made by the test that drives the page
	PICTURES=docs/pictures $(BIN)/python -m pytest -q tests/browser/test_pictures.py

format: $(VENV)/.develops ## style, mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

simulate: $(VENV)/.develops ## storms and crashes in virtual time; SEEDS=100000 for a long run
	$(BIN)/python -m tests.simulation $(SEEDS)

cluster: $(VENV)/.develops ## three real workers, a hundred customers, a fault every 5 s for 2 min; CLUSTER="--seed 7"
	$(BIN)/python -m tests.cluster $(CLUSTER)

mutate: $(VENV)/.develops ## deliberate defects, each of which the suite must catch
	$(BIN)/python -m tests.mutation

soak: $(VENV)/.develops  ## a real daemon, many customers, a long while; SOAK="--chats 400 --minutes 8" for a shorter one
	$(BIN)/python -m tests.soak $(SOAK)

audit: $(VENV)/.develops ## known weaknesses of the pinned packages; only a warning where the advisories are out of reach
	$(BIN)/python -m tests.audit

bench: $(VENV)/.develops ## this project beside other bots, in one run: about half an hour on a quiet machine
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python -m tests.benchmarks

clean:                   ## everything that was made
	rm -rf $(VENV) build dist .coverage* htmlcov .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .cache
