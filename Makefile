# make demo, make test, make app, make bench: each first makes the virtual environment, if it is not there yet.

VENV ?= .venv
PYTHON ?= python3

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

# The tools of [dependency-groups] dev, by name: pip understands groups only from 25.1 on.
DEV := hypothesis import-linter mypy pytest pytest-qt ruff scikit-learn scipy
SOURCES := xferstudio plugins tests benchmarks resources
STAMP := $(VENV)/.installed
DISTRIBUTIONS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/xferstudio-*/pyproject.toml))

# New translations are compiled when the program is installed, and here for a checkout that is already installed.
TRANSLATIONS := $(patsubst %.ts,%.qm,$(wildcard xferstudio/gui/translations/*.ts))

.PHONY: help install demo test app bench bench-adapt screenshots translations clean lint unit distributions qt

help:
	@echo "make demo   train, compare, export and predict on the sample, then on real X-rays"
	@echo "make test   everything that the continuous integration checks"
	@echo "make app    open the window"
	@echo "make bench  measure, and print the ratio tables"
	@echo "make bench-adapt  measure adaptation to other domains, on real images and several seeds (hours)"
	@echo "make install  only install, into $(VENV)"
	@echo "make screenshots  drive the window through its pages, and write docs/screenshots"
	@echo "make translations  take new texts of the window up into the translations, to be translated there"
	@echo "make clean  remove what the others made"
	@echo "Settings: VENV=$(VENV) PYTHON=$(PYTHON)"

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "xferstudio needs Python 3.10 or newer, and '$(PYTHON)' is not; name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing into $(VENV); this takes a few minutes the first time."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[backbones,formats,tables]" $(DEV)
	@touch $@

install: $(STAMP)

demo: $(STAMP)
	$(BIN)/xferstudio demo demo-output

test: lint unit distributions

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: lint qt $(TRANSLATIONS)
	$(BIN)/python -m pytest

# The plugins of other makers, installed as their users install them: each passes its own tests and the kit.
distributions: unit
	@set -e; for each in $(DISTRIBUTIONS); do \
	  echo "== $$each"; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -c constraints.txt "./$$each"; \
	  if [ -d "$$each/tests" ]; then $(BIN)/python -m pytest "$$each/tests"; fi; \
	  $(BIN)/xferstudio check-plugin "$$(basename $$each)"; \
	done

%.qm: %.ts | $(STAMP)
	@$(BIN)/pyside6-lrelease -silent $< -qm $@

translations: $(STAMP)
	$(BIN)/pyside6-lupdate -no-obsolete -locations none $(wildcard xferstudio/gui/*.py xferstudio/gui/*/*.py) \
	  -ts $(wildcard xferstudio/gui/translations/*.ts)

app: $(STAMP) qt $(TRANSLATIONS)
	$(BIN)/xferstudio

# Qt brings its own libraries, but not those that lead to the screen; the program names the missing ones.
qt: $(STAMP)
	@$(BIN)/python -c 'import PySide6.QtWidgets' 2>/dev/null || { \
	  echo "The window needs libraries of the system. On Debian and Ubuntu:"; \
	  echo "  apt install $$($(BIN)/python -c 'from xferstudio.screen import SYSTEM_LIBRARIES; print(SYSTEM_LIBRARIES)')"; exit 1; }

bench: $(STAMP)
	$(BIN)/python -m benchmarks

# Hours; what is measured is kept in RESULTS, so that it can be broken off and gone on with.
RESULTS ?= bench-adapt.jsonl
bench-adapt: $(STAMP)
	$(BIN)/python -m benchmarks.adapt --results $(RESULTS)

clean:
	rm -rf .venv build dist demo-output *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find xferstudio plugins tests benchmarks resources -name __pycache__ -type d -prune -exec rm -rf {} +

screenshots: $(STAMP) qt $(TRANSLATIONS)
	$(BIN)/python docs/screenshots.py
