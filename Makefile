# All paths are relative, so that the checkout may lie in a folder whose name has spaces.

PYTHON := .venv/bin/python
# The lock files are complete, and --no-deps has pip take them as they are: a pip that resolves would look at what the
# index offers today, and refuse a newer version that an extra (`coverage[toml]`) lets in but no hash covers.
PIP_INSTALL := $(PYTHON) -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --no-deps
# The tests and the checks share embedded services of their own, which nobody's work is in.
SCRATCH := EXEMPLA_HOME="$${EXEMPLA_HOME:-var/test}" EXEMPLA_EMBEDDED_FAST=1
# Figures, and what outlives a crash, are worth something only where a commit is on the disk, as for those who use it.
DURABLE := EXEMPLA_HOME="$${EXEMPLA_HOME:-var/bench}" EXEMPLA_EMBEDDED_FAST=0
# A complete and safe configuration, which `check --deploy` is to find nothing wrong with.
DEPLOYED := ALLOWED_HOSTS=exempla.example CSRF_TRUSTED_ORIGINS=https://exempla.example \
	SECRET_KEY="$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(60))')"
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate
# Known holes in what is installed. An index that serves no advisories leaves the packages named as not audited.
AUDIT := $(PYTHON) -m pip_audit --no-deps --disable-pip --progress-spinner off
# The linter and the type check of the pages' scripts; it needs neither Node nor a network.
DENO := DENO_DIR=.venv/deno DENO_NO_UPDATE_CHECK=1 .venv/bin/deno
# From Python 3.14 on the interpreter counts branches nearly for nothing, so the whole suite does. Before that it takes
# half as long again.
COVERED := $(PYTHON) -c 'import sys; print("--cov --cov-report=" * (sys.version_info >= (3, 14)))'
ARGS ?=
# Two more processes than cores are promised: in many tests the machine waits for a lease, a worker or a page.
WORKERS := 4
# The tests start hundreds of processes, none of which should compile the program anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test coverage check bench faults mutants messages requirements

help: ## Show what there is to do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: .venv/ready ## Make .venv and install what Exempla needs to run
	@echo "Ready. Next: make run"

run: .venv/ready ## Start Exempla on http://127.0.0.1:8000 (PORT= changes it); Ctrl-C stops it
	@exec $(PYTHON) manage.py serve --demo $(ARGS)

test: .venv/ready-dev ## Run the whole test suite (ARGS= goes to pytest)
	@$(PYTHON) tests/find_chromium.py
	@$(PYTHON) tests/environments.py
	@$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal $(if $(ARGS),$(ARGS),$$($(COVERED)))

coverage: .venv/ready-dev ## Run the whole test suite, and fail if fewer branches are run than pyproject.toml asks for
	@$(PYTHON) tests/find_chromium.py
	@$(PYTHON) tests/environments.py
	@$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term:skip-covered

check: .venv/ready-dev ## Lint, types, room borders, known holes, scripts, templates, migrations, the API's description, deployment settings
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m bandit --quiet --configfile pyproject.toml --recursive curation annotations
	$(AUDIT) -r requirements.txt
	$(AUDIT) -r requirements-dev.txt
	$(DENO) lint --quiet
	$(DENO) check --quiet curation/static/js
	$(PYTHON) -m djlint templates --check
	$(PYTHON) -m djlint templates --lint
	@$(SCRATCH) $(PYTHON) manage.py makemigrations --check --dry-run
	@$(SCRATCH) $(PYTHON) manage.py api_schema --check
	@$(SCRATCH) $(DEPLOYED) $(PYTHON) manage.py check --deploy --fail-level WARNING

bench: .venv/ready-dev ## Measure speed, and write docs/reference/performance.md
	@$(PYTHON) tests/environments.py
	@$(DURABLE) $(PYTHON) -m pytest tests/benchmarks $(ARGS)

faults: .venv/ready-dev ## Run the long campaigns that break things on purpose
	@$(DURABLE) $(PYTHON) -m pytest tests/faults $(ARGS)

mutants: .venv/ready-dev ## Change the code that decides in many places, and see which changes the tests notice (ARGS= names a room)
	@$(PYTHON) tests/mutation.py $(ARGS)

messages: .venv/ready-dev ## Bring the message catalogues up to date, and compile them
	@$(PYTHON) tests/catalogue.py $(ARGS)

requirements: .venv/ready-dev ## Choose the newest versions that requirements*.in allow, and pin them with hashes
	$(COMPILE) --upgrade -o requirements.txt requirements.in
	$(COMPILE) --upgrade -o requirements-dev.txt requirements-dev.in
	$(COMPILE) --upgrade -o tests/argilla/requirements.txt tests/argilla/requirements.in
	$(COMPILE) --upgrade -o tests/clients/requirements.txt tests/clients/requirements.in

.venv/ready: requirements.txt | .venv/bin/python
	@echo "Installing what Exempla needs into .venv; the first time this takes a minute or two."
	@$(PYTHON) -m pip --version > /dev/null 2>&1 || $(PYTHON) -m ensurepip > /dev/null
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

.venv/ready-dev: requirements-dev.txt .venv/ready
	@echo "Installing the tools for tests and checks."
	@$(PIP_INSTALL) -r requirements.txt -r requirements-dev.txt
	@touch $@

# A python that merely exists will not do: a shim may stand for a version that is not installed, and Debian splits
# venv's other half, ensurepip, off into a package of its own.
.venv/bin/python:
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2> /dev/null; \
		then rm -f .venv/ready .venv/ready-dev; exec "$$python" -m venv .venv; fi; \
	done; \
	echo "Exempla needs Python 3.11 to 3.14 with its venv module (on Debian: apt-get install python3-venv)." >&2; exit 1
