# Needs only Python 3.11 or later, make and a package registry.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -q -c .ci/constraints.txt
INPUTS := pyproject.toml .ci/constraints.txt

.PHONY: help demo test bot preview audit

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

test: $(VENV)/dev  ## run the linter, the type checker and the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

audit: $(VENV)/audit  ## look the pinned dependencies up among known vulnerabilities
	$(BIN)/pip-audit -r .ci/constraints.txt --no-deps --disable-pip --strict

demo: $(VENV)/bot  ## index the sample articles and answer a question in the terminal
	$(BIN)/newsbot demo

bot: $(VENV)/bot  ## run the Discord bot (DISCORD_TOKEN in .env)
	$(BIN)/newsbot run

preview: $(VENV)/preview  ## try the bot in a simulated Discord in the browser
	$(BIN)/newsbot preview

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "newsbot needs Python 3.11 or later; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/bot: $(BIN)/python $(INPUTS)
	$(PIP) torch
	$(PIP) -e .
	@touch $@

$(VENV)/preview: $(VENV)/bot
	$(PIP) -e '.[preview]'
	@touch $@

$(VENV)/dev: $(VENV)/bot
	$(PIP) -e '.[dev]'
	@touch $@

$(VENV)/audit: $(BIN)/python
	$(PIP) pip-audit
	@touch $@
