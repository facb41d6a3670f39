# Every target works from a fresh clone: Python 3.11 with venv, gcc and the package registry are all it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LAYERS := build/layers/.built
WORKSPACE := $(wildcard layers/*/pyproject.toml) models/pyproject.toml training/pyproject.toml cli/pyproject.toml
CODE := layers/domain/src layers/audio/src layers/index/src layers/store/src layers/edge/src layers/embedder/src layers/prompts/src layers/credentials/src models/src training/src cli/src
AUDIO ?=
DATA ?= .lemm
PORT ?= 8400

.PHONY: help setup layers demo up test test-full browser lint format types imports e2e clean lock

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(STAMP) ## make the virtual environment

KERNELS := layers/index/src/vault_index/kernels.c layers/audio/src/vault_audio/weighting.c

$(STAMP): requirements/dev.txt requirements/uv.txt $(WORKSPACE) $(KERNELS)
	@test -x $(BIN)/python || { echo "Making the virtual environment ..."; $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV); }
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements/uv.txt
	@echo "Installing the pinned packages ..."
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps $(foreach p,$(WORKSPACE),-e $(dir $(p)))
	@touch $@

layers: $(LAYERS) ## build the Lambda layers into build/layers

$(LAYERS): $(STAMP) infra/build_layers.py $(wildcard requirements/layers/*.txt) $(shell find layers -path '*/src/*' -type f -not -name '*.pyc')
	@echo "Building the layers ..."
	@$(BIN)/python infra/build_layers.py
	@touch $@

demo: $(STAMP) $(LAYERS) ## run the main job on sample audio (AUDIO=DIR: on your own)
	@$(BIN)/lemm demo $(if $(AUDIO),--audio "$(AUDIO)")

up: $(STAMP) ## keep the stack running until Ctrl-C (DATA=folder PORT=number)
	@$(BIN)/lemm up --data "$(DATA)" --port $(PORT)

test: $(STAMP) ## what must hold before a commit: unit, contract, conformance and end-to-end tests
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not e2e and not slow and not browser"
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "e2e and not slow and not browser"

test-full: $(STAMP) $(LAYERS) ## test, and the heavy rest: long fuzzing, the API as described, kills under load, layer sizes, a real browser
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements/train.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/api.txt
	$(BIN)/python -m pytest -q -m "slow and not browser"
	PYTHON=$(CURDIR)/$(BIN)/python web/check.sh
	$(MAKE) browser

browser: $(STAMP) ## the pages in a real browser; pictures of them in build/screenshots
	@command -v chromium >/dev/null || { apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium; } \
		|| { echo "chromium is needed; install it as root: apt-get install chromium"; exit 1; }
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements/browser.txt
	$(BIN)/python -m pytest -q -m browser tests/browser

lint: $(STAMP) ## ruff, cfn-lint, and whether the API's description is up to date
	$(BIN)/ruff check . && $(BIN)/ruff format --check -q . && $(BIN)/cfn-lint template.yaml infra/web.yaml
	$(BIN)/python -m vault_edge.openapi --check functions docs/openapi.json

format: $(STAMP) ## put the code in shape
	$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

types: $(STAMP) ## strict mypy; `lemm` is a namespace; each step is a module named main, so functions are checked one by one
	$(BIN)/mypy --explicit-package-bases $(CODE) infra benchmarks
	@set -e; for step in functions/*/; do $(BIN)/mypy "$$step"main.py; done

imports: $(STAMP) ## imports point one way
	$(BIN)/lint-imports

clean: ## take away what can be built again (not the data folder)
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis

lock: $(STAMP) ## resolve the pinned requirements again
	infra/lock.sh
