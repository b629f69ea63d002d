# Two commands: `make run` opens the workbench, `make test` runs every check and test. Both set up all they need.
PYTHON ?= python3
BIN := .venv/bin
# pip, not uv, and this very version: uv would fetch gigabytes of libraries for graphics cards.
PIP_TORCH := $(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: run test check bench models lock clean

run: .venv/ready
	@$(BIN)/valence serve

test: .venv/ready-dev check
	@VALENCE_CHROMIUM="$(CHROMIUM)" $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

check: .venv/ready-dev
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache >.venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	@echo "check: formatting, types and import rules are in order"

# The libraries of the trained predictors and synthesizers, for `make run`; `make test` and `make bench` have them anyway.
models: .venv/ready
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[models,tabular]'
	@$(PIP_TORCH)

bench: .venv/ready-dev
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[bench]'
	@$(BIN)/python -m benchmarks

lock: .venv/uv
	@$(BIN)/uv pip compile --quiet --all-extras --no-header --no-annotate --no-emit-index-url --universal \
	  --python-version 3.11 pyproject.toml > constraints.txt

clean:
	@rm -rf .venv build *.egg-info

.venv/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Valence needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv && touch $@

.venv/ready: .venv/uv pyproject.toml constraints.txt
	@echo "Setting up (once; about a minute)..."
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable .
	@$(BIN)/python -m core.sampler.precompile && touch $@

.venv/ready-dev: .venv/ready pyproject.toml constraints.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[dev]'
	@$(PIP_TORCH) && touch $@
