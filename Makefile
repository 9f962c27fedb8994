# On a fresh machine with Python >= 3.11 and make, every target fetches what it needs, at the locked versions, into
# .tools/ .venv/ and infra/tools/*/. Nothing is installed elsewhere.
#
#   make demo          a small election on this machine          make check          lint, types, contracts, templates, locks
#   make test          the default suite                         make build          what Lambda gets, in .aws-sam/build
#   make province      Kalimantan Utara 2019, signed path        make nation         all of Indonesia 2019, in memory
#   make test-artefact test-dynoxide test-edge test-deploy test-log test-browser test-elex test-openapi acceptance nightly    lanes of their own
#   make bench-cold bench-warm bench-spike bench-outage bench-nation bench-model plots    measurements, kept in bench/results
#
#   EDGE=1 demo with a cache in front   DATA= the files of 2019   REGION= the province   JSON=1 one object as the last line   ARGS= more arguments

PYTHON ?= python3
DATA ?= ../shared/data/situng2019
REGION ?= 928068
UV_VERSION := 0.13.9

# Above every rule that names them: prerequisites are read at once.
PYTHON313 = $(shell for p in python3.13 $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13*/bin/python3.13; do $$p -c '' 2>/dev/null && echo $$p && break; done)
HERE = $(shell $(or $(wildcard .tools/bin/python),$(PYTHON)) -c 'import sys; print("%d.%d" % sys.version_info[:2])')

BIN := .venv/bin
UV := .tools/bin/uv
SYNC = $(UV) sync --frozen --quiet --python .tools/bin/python
# What is locked is locked against the public index, whatever index this machine downloads from.
LOCK = env -u UV_DEFAULT_INDEX -u UV_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL $(UV)
EXPORT = $(UV) export --frozen --quiet --no-emit-project --no-annotate --no-header
DEPENDENCIES ?= infra/dependencies
SAM := infra/tools/sam/.venv/bin
ENGINE := infra/tools/ministack/.venv/bin/ministack
DYNOXIDE := infra/tools/dynoxide/node_modules/.package-lock.json
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

.DEFAULT_GOAL := help
.PHONY: help setup demo province nation test check build test-artefact test-dynoxide test-edge test-deploy test-log test-browser test-elex test-openapi openapi python313 nightly acceptance bench plots lock requirements clean

help:
	@sed -n 's/^#   //p' Makefile

# ---- set-up ------------------------------------------------------------------------------------------------------------
setup: $(BIN)/realcount $(ENGINE)

.tools/uv-$(UV_VERSION):
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "$(PYTHON) must be Python >= 3.11 with its venv module (Debian: apt-get install python3-venv); name another with PYTHON=" >&2; exit 1; }
	$(PYTHON) -m venv .tools && .tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) && touch $@

$(BIN)/realcount: .tools/uv-$(UV_VERSION) uv.lock pyproject.toml
	$(SYNC) && touch $@

$(ENGINE): .tools/uv-$(UV_VERSION) infra/tools/ministack/uv.lock
	$(SYNC) --project infra/tools/ministack && touch $@

$(SAM)/sam: .tools/uv-$(UV_VERSION) infra/tools/sam/uv.lock
	$(SYNC) --project infra/tools/sam && touch $@

$(DYNOXIDE): infra/tools/dynoxide/package-lock.json
	npm ci --silent --prefix infra/tools/dynoxide

# ---- the count on this machine -------------------------------------------------------------------------------------------
demo: setup
	@$(BIN)/realcount demo $(if $(EDGE),--edge) $(ARGS)

province: setup
	@$(BIN)/realcount replay province --data "$(DATA)" --region $(REGION) $(if $(JSON),--json) $(ARGS)

nation: setup
	@$(BIN)/realcount replay nation --data "$(DATA)" $(if $(JSON),--json) $(ARGS)

# ---- tests and checks ------------------------------------------------------------------------------------------------------
test: setup
	$(BIN)/pytest -n 2 $(ARGS)

check: setup $(SAM)/sam
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo
	$(SAM)/cfn-lint --append-rules infra/rules -- template.yaml infra/*.yaml && $(SAM)/sam validate --lint
	for project in . infra/tools/*/pyproject.toml bench/*/pyproject.toml; do $(LOCK) lock --check --quiet --project $${project%/pyproject.toml} || exit 1; done
	$(BIN)/realcount web describe --check
	$(BIN)/pytest --quiet tests/packaging/test_dependencies.py

# The description of the API, out of the code: the OpenAPI document and the page made of it.
openapi: setup
	$(BIN)/realcount web describe

test-dynoxide: setup $(DYNOXIDE)
	$(BIN)/pytest -m dynoxide $(ARGS)

# Needs Varnish (Debian: apt-get install varnish) and node beside what it fetches.
test-edge: setup $(DYNOXIDE)
	$(BIN)/pytest -m edge -n 2 --dist loadfile $(ARGS)

acceptance: setup
	$(BIN)/pytest -m "acceptance and not nightly" $(ARGS)

nightly: setup
	$(BIN)/pytest -m nightly $(ARGS)

# Each keeps its result in bench/results/ and its table in docs/performance.md; ARGS=--quick does neither.
BENCHES := cold warm spike outage nation log model
bench: $(BENCHES:%=bench-%)

bench-%: setup
	$(BIN)/python -m bench $* --data "$(DATA)" $(ARGS)

bench-spike bench-outage: $(DYNOXIDE)
bench-cold bench-warm: peers .aws-sam/python$(HERE)

# What others would use to answer reads, compiled as our artefact is.
peers: .tools/uv-$(UV_VERSION)
	UV_COMPILE_BYTECODE=1 $(SYNC) --project bench/peers

plots: setup
	$(UV) sync --frozen --quiet --python .tools/bin/python --project bench/plots
	bench/plots/.venv/bin/python bench/plots/plot.py $(ARGS)

# ---- what Lambda gets ------------------------------------------------------------------------------------------------------
# `sam build` ships no bytecode, and Lambda cannot keep any: compiling here saves hundreds of milliseconds of every cold
# start. By hash, as the archives carry timestamps of 1980. Only an interpreter of Lambda's version can do it.
SAM_BUILD = MAKEFLAGS=--no-print-directory UV=$(abspath $(UV)) $(SAM)/sam build
COMPILE = -m compileall -q --invalidation-mode unchecked-hash

python313: # says where one is, or nothing
	@echo $(PYTHON313)

build: setup $(SAM)/sam
	$(SAM_BUILD)
	$(if $(PYTHON313),$(PYTHON313) $(COMPILE) .aws-sam/build,@echo "no python3.13 here: built without bytecode, so cold starts take longer" >&2)

# The same for this machine's processor and the Python of the target's name, to import and run it here.
.aws-sam/python%: setup $(SAM)/sam
	LAMBDA_PLATFORM=$(shell uname -m)-manylinux_2_28 LAMBDA_PYTHON=$* $(SAM_BUILD) --build-dir $@
	$(if $(filter $*,$(HERE)),.tools/bin/python,$(PYTHON313)) $(COMPILE) $@

test-artefact: build
	$(MAKE) .aws-sam/python$(HERE) $(if $(PYTHON313),.aws-sam/python3.13)
	REALCOUNT_PYTHON313="$(PYTHON313)" $(BIN)/pytest -m artefact $(ARGS)

test-deploy: setup
	$(MAKE) .aws-sam/python$(HERE)
	$(BIN)/pytest -m deploy $(ARGS)

CHECKERS := infra/tools/log-checkers
test-log: setup
	@$(if $(PYTHON313),,echo "the other verifiers need Python 3.13; name one with PYTHON313=" >&2; exit 1)
	$(UV) sync --frozen --quiet --no-python-downloads --python $(PYTHON313) --project $(CHECKERS)
	$(SYNC) --project infra/tools/go-sumdb
	$(BIN)/pytest -m log $(ARGS)

# Needs Chromium (Debian: apt-get install chromium) beside what it fetches.
BROWSER := infra/tools/browser
test-browser: setup
	$(SYNC) --project $(BROWSER)
	$(BIN)/pytest -m browser $(ARGS)

# The client that newsrooms read AP's Elections API with, against our /v3.
ELEX := infra/tools/elex
test-elex: setup
	$(SYNC) --project $(ELEX)
	$(BIN)/pytest -m elex $(ARGS)

test-openapi: setup
	$(SYNC) --project infra/tools/schemathesis
	$(BIN)/pytest -m openapi $(ARGS)

# ---- housekeeping ------------------------------------------------------------------------------------------------------------
lock: setup
	for project in . infra/tools/*/pyproject.toml bench/*/pyproject.toml; do $(LOCK) lock --project $${project%/pyproject.toml} || exit 1; done
	$(MAKE) requirements

requirements: .tools/uv-$(UV_VERSION)
	$(EXPORT) --no-default-groups -o $(DEPENDENCIES)/read/requirements.txt
	$(EXPORT) --only-group write -o $(DEPENDENCIES)/write/requirements.txt
	$(EXPORT) --only-group bulk -o $(DEPENDENCIES)/bulk/requirements.txt

clean:
	rm -rf .aws-sam .venv .tools infra/tools/*/.venv bench/*/.venv infra/tools/*/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
