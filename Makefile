PYTHON ?= python3.11
VENV   ?= .venv
BIN    := $(VENV)/bin
ARGS   ?=

# What Python has compiled is kept: several processes of a test run import the same modules.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run demo test coverage dates lint format types bench judge chaos check lock words release pictures clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/.installed: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "newsbot needs Python 3.11 or newer: make setup PYTHON=python3.12" >&2; exit 2; }
	@printf 'Installing newsbot and its libraries into $(VENV), for a minute or two '; \
	(while sleep 2; do printf .; done) & dots=$$!; trap "kill $$dots; echo" EXIT; \
	$(PYTHON) -m venv $(VENV) && \
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt && \
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "Done: $(BIN)/newsbot --help lists the commands."
	@touch $@

setup: $(BIN)/.installed ## a virtual environment with everything in it, at .venv

run: setup ## the service, by config.yaml
	$(BIN)/newsbot run $(ARGS)

demo: setup ## articles come in and posts go out, on a page, without an account
	$(BIN)/newsbot demo $(ARGS)

check: setup ## every mistake in config.yaml and the templates
	$(BIN)/newsbot check $(ARGS)

test: setup ## all tests
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

coverage: setup ## all tests, and which lines and branches of src they run (at least 90 %)
	rm -f .coverage .coverage.*
	PYTHONPATH="$(CURDIR)/tests/coverage/patch" $(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

dates: setup ## the tests at a month's and a year's end, on 29 February, in DST nights and far zones (ARGS=--fast)
	$(BIN)/python -m tests.dates $(ARGS)

lint: setup ## style, formatting, the import rules, and imports that pyproject.toml does not declare
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/deptry --no-ansi src
	$(BIN)/deptry --no-ansi --exclude '[.]venv' --known-first-party tests --known-first-party newsbot --ignore DEP002,DEP004 tests

format: setup ## mend what lint can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup ## mypy, strict
	$(BIN)/mypy

bench: setup ## the figures (PAGES=DIR TEXTS=DIR measure over other data)
	$(BIN)/python -m tests.bench $(if $(PAGES),--pages $(PAGES)) $(if $(TEXTS),--texts $(TEXTS)) $(ARGS)

judge: setup ## a blind sheet of posts for a person to judge (PAGES=DIR ARGS="--count 40 --seed 7"), and its count (VOTES="SHEET [SHEET]")
	@$(BIN)/python -m tests.judge $(if $(PAGES),--pages "$(PAGES)") $(if $(VOTES),--votes $(VOTES)) $(ARGS)

chaos: setup ## kill, freeze, starve and confuse services, at length (ARGS="--only kill")
	$(BIN)/python -m tests.chaos $(ARGS)

lock: ## write requirements/*.txt from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml --extra llm -o requirements/run.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml --group dev -o requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --group build -o requirements/build.txt

LOCALE := src/newsbot/desk/locale
words: setup ## gather what the desk says and newsbot's own words into the languages' catalogues
	$(BIN)/pybabel -q extract -k say -k label -k button -k N_ --no-location --sort-output --omit-header -o $(LOCALE)/desk.pot src/newsbot/desk src/newsbot/reasons src/newsbot/newsroom src/newsbot/scheduling src/newsbot/model.py
	for language in ur ar es ja; do \
	  $(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete -D desk -i $(LOCALE)/desk.pot -d $(LOCALE) -l $$language; done
	rm $(LOCALE)/desk.pot

release: setup ## build the sdist and the wheel and try them out; publishes nothing (ARGS=--rehearse: with open changes)
	$(BIN)/python -m tests.release $(ARGS)

pictures: setup ## play the editorial day and the demo, and take the pictures of docs/desk.md and README.md (needs Chromium and the fonts of CONTRIBUTING.md)
	$(BIN)/python -m tests.pictures $(ARGS)

clean: ## remove what setup and the tests made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
