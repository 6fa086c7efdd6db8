# Every target is one or two commands; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PORT ?= 8000
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
# Tests with two workers by default; more only helps on a machine with more cores. Who is done first takes
# over from who is not.
WORKERS ?= 2

.PHONY: help setup setup-dev run test lint fix types i18n i18n-check migrations-check seed lock check clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' Makefile

setup: .venv/ready ## make .venv with everything the portal needs to run
	@echo "Ready: $(BIN)/portal"

.venv/bin/python:
	@scripts/system-needs run
	@"$$(scripts/find-python)" -m venv .venv

# Locked requirements with their hashes, all of them (older pips look for extras past the lock otherwise),
# then the package itself in place.
.venv/ready: requirements.lock pyproject.toml scripts/ship_resources.py | .venv/bin/python
	@echo "Installing what the portal needs into .venv ..."
	@$(PIP) --require-hashes --no-deps -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

setup-dev: .venv/ready-dev ## make setup, and what tests and checks need
	@scripts/system-needs test

.venv/ready-dev: requirements-dev.lock .venv/ready
	@echo "Installing what tests and checks need into .venv ..."
	@$(PIP) --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

run: setup ## serve the portal, with a demo the first time (PORT=8000)
	@PORT=$(PORT) scripts/run-demo

test: setup-dev ## all tests: SQLite, PostgreSQL, browser (ARGS="tests/domain -x" for some)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: setup-dev ## style of code and templates, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python -m pytest tests/test_architecture.py

fix: setup-dev ## repair what can be repaired by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup-dev ## mypy --strict
	$(BIN)/mypy

i18n: setup-dev ## extract the texts, update and compile the Chinese catalogue
	$(BIN)/python scripts/catalogue.py update

i18n-check: setup-dev ## whether every text is translated and the compiled catalogue is current
	$(BIN)/python scripts/catalogue.py check

migrations-check: setup-dev ## whether the migrations lead to the tables in portal/models
	$(BIN)/python -m pytest tests/test_migrations.py

seed: setup ## a demo in the configured database, which must be empty (SCALE=1)
	$(BIN)/python seed.py --scale $(or $(SCALE),1)

lock: setup-dev ## pin the newest releases that pyproject.toml allows
	scripts/lock

check: ## everything CI does
	bash .ci/run

clean: ## remove .venv and caches (never instance/)
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
