# Every target works from a fresh clone: Python 3.11 with venv, gcc and the package registry are all it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKSPACE := $(wildcard layers/*/pyproject.toml) models/pyproject.toml cli/pyproject.toml
AUDIO ?=

.PHONY: help setup lock
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## make the virtual environment

$(STAMP): requirements/dev.txt requirements/uv.txt $(WORKSPACE)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	@$(BIN)/python -m pip install -q -r requirements/uv.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python -r requirements/dev.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps $(foreach p,$(WORKSPACE),-e $(dir $(p)))
	@touch $@

lock: $(STAMP) ## resolve the pinned requirements again
	$(BIN)/uv lock -q && $(BIN)/uv export -q --format requirements.txt --all-packages --group dev --group local --no-emit-workspace --no-emit-project --no-header -o requirements/dev.txt > /dev/null
