# Every target sets up what it needs in .venv, from nothing, and is quick the second time.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test test-services real lint types bench train lock audit-dependencies sbom clean

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.run ## write the simulated history, then test a text on it, into demo-run/
	$(PY) -m sample_tiles.generate --history
	$(VENV)/bin/tilewitness demo

test: $(VENV)/.dev ## run every offline test
	$(PY) -m pytest -n 2 --dist loadfile --durations=15

# On Debian or Ubuntu: apt-get install chromium nginx poppler-utils postgresql postgresql-postgis
test-services: $(VENV)/.services ## run the tests against real servers (STAC API, web, S3) and in a browser
	$(PY) -m pytest -m services tests

# Everything that it fetches or writes stays in real-run/, which git ignores.
REAL := --imagery earth-search --before 2024-12-08/2024-12-11 --after 2024-12-12/2024-12-15
real: $(VENV)/.run ## compare both sites on the public archive earth-search, into real-run/; needs the network
	@for site in hmeimim tartus; do \
	  $(VENV)/bin/tilewitness compare $$site $(REAL) --cache real-run/cache -o real-run/$$site --overwrite && continue; \
	  echo "make real: $$site was not compared on earth-search, for the reason above. Without a network nothing can be." >&2; exit 2; \
	done

lint: $(VENV)/.dev ## ruff: rules and layout
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(VENV)/.dev ## mypy, strict
	$(VENV)/bin/mypy

bench: $(VENV)/.dev ## every benchmark on real data: make bench TILEWITNESS_DATA=folder
	@test -d "$(TILEWITNESS_DATA)" || { echo "make bench needs TILEWITNESS_DATA=folder with oscd/, landsat_taizhou/, s2_series/, s1_series/, planesnet/, sen2ships/, ssdd/ and aircraft_pairs/ in it." >&2; exit 2; }
	$(PIP) --group bench
	$(PY) -m benchmarks.masks --data "$(TILEWITNESS_DATA)"
	$(PY) -m benchmarks.shift --data "$(TILEWITNESS_DATA)"
	$(PY) -m benchmarks.oscd --data "$(TILEWITNESS_DATA)/oscd"
	$(PY) -m benchmarks.landsat --data "$(TILEWITNESS_DATA)/landsat_taizhou"
	$(PY) -m benchmarks.traps --data "$(TILEWITNESS_DATA)"
	$(PY) -m benchmarks.scale --data "$(TILEWITNESS_DATA)/oscd"
	$(PY) -m benchmarks.series --data "$(TILEWITNESS_DATA)/s2_series"
	$(PY) -m benchmarks.second_witness --data "$(TILEWITNESS_DATA)/s2_series"
	$(PY) -m benchmarks.history_scale --data "$(TILEWITNESS_DATA)/s2_series"
	$(PY) -m benchmarks.implant --data "$(TILEWITNESS_DATA)/oscd"
	$(PY) -m benchmarks.implant_history
	-$(PY) -m benchmarks.claims --data tests/claims/dev
	-$(PY) -m benchmarks.claims --data tests/claims/heldout
	-$(PY) -m benchmarks.claims --data tests/claims/heldout2
	-$(PY) -m benchmarks.verdicts --data "$(TILEWITNESS_DATA)"
	$(PY) -m benchmarks.sar_null --data "$(TILEWITNESS_DATA)/s1_series"
	$(PY) -m benchmarks.s1_series --data "$(TILEWITNESS_DATA)/s1_series"
	$(PY) -m benchmarks.sar_pairs --simulated --series "$(TILEWITNESS_DATA)/s1_series"
	$(PY) -m benchmarks.sar_metal
	$(PY) -m benchmarks.sar_seas
	-$(PY) -m benchmarks.sar_scale
	$(PY) -m benchmarks.planesnet --data "$(TILEWITNESS_DATA)/planesnet"
	for gsd in 0.5 3 10; do $(PY) -m benchmarks.aircraft_pairs --data "$(TILEWITNESS_DATA)/aircraft_pairs" --gsd $$gsd; done
	-$(PY) -m benchmarks.vessels --data "$(TILEWITNESS_DATA)/sen2ships"
	$(PY) -m benchmarks.vessels --data "$(TILEWITNESS_DATA)/ssdd"

train: $(VENV)/.dev ## train both networks anew: make train TILEWITNESS_DATA=folder
	@test -f "$(TILEWITNESS_DATA)/planesnet/chips.npz" -a -d "$(TILEWITNESS_DATA)/sen2ships" || { echo "make train needs TILEWITNESS_DATA=folder with planesnet/chips.npz and sen2ships/ in it." >&2; exit 2; }
	$(PIP) --group train
	$(PY) -m training.planesnet --data "$(TILEWITNESS_DATA)/planesnet"
	$(PY) -m training.sen2ships --data "$(TILEWITNESS_DATA)/sen2ships" --workers 2

SUPPLY := $(VENV)/supply/bin
LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" $(SUPPLY)/uv pip compile --quiet --universal --fork-strategy fewest \
  --python-version 3.11 --generate-hashes --no-emit-index-url
lock: $(VENV)/.supply ## resolve the locked dependencies anew; UPGRADE=--upgrade takes the newest
	$(LOCK) $(UPGRADE) --group pyproject.toml:build --output-file requirements/build.txt
	$(LOCK) $(UPGRADE) pyproject.toml --extra distributed --extra parquet --extra s3 --extra timestamp --group dev \
	  --constraint requirements/build.txt --output-file requirements/test.txt
	$(LOCK) pyproject.toml --constraint requirements/test.txt --output-file requirements/demo.txt
	$(LOCK) $(UPGRADE) --group pyproject.toml:supply --output-file requirements/supply.txt

audit-dependencies: $(VENV)/.dev $(VENV)/.supply ## known faults and licences of the locked dependencies
	$(PY) -m requirements.licences
	@$(PY) -c 'import urllib.request; urllib.request.urlopen("https://pypi.org/pypi/pip/json", timeout=20)' 2>/dev/null || \
	  { echo "make audit-dependencies: pypi.org does not answer about known faults here; they were not looked up."; exit 0; }; \
	  $(SUPPLY)/pip-audit --disable-pip --require-hashes --progress-spinner off --requirement requirements/test.txt

sbom: $(VENV)/.supply ## list what the demo installs as CycloneDX JSON, into sbom.json
	$(SUPPLY)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON -o sbom.json requirements/demo.txt

clean: ## forget the environment and the demo's output
	rm -rf $(VENV) demo-run .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Of both, every package by its version and its SHA-256 (docs/decisions/0017-supply-chain.md).
LOCKED := $(PIP) --require-hashes --only-binary :all: --requirement

$(VENV)/.run: $(VENV)/.pip requirements/demo.txt pyproject.toml
	$(LOCKED) requirements/demo.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.pip requirements/test.txt pyproject.toml
	$(LOCKED) requirements/test.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.services: $(VENV)/.pip pyproject.toml
	$(PIP) --editable '.[s3]' --group services
	@touch $@

# Names on PATH may be shims that do not start, and Debian ships python3 without ensurepip:
# an interpreter counts when it runs, is new enough and can make an environment.
$(VENV)/.pip: requirements/build.txt
	@for python in python3.13 python3.12 python3.11 python3; do \
	  $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  echo "Making $(VENV) with $$($$python --version)"; \
	  $$python -m venv --clear $(VENV) && break; \
	done
	@test -x $(PY) || { echo "tilewitness needs Python 3.11 or newer with its venv module: on Debian or Ubuntu run 'apt-get install python3 python3-venv', then make again." >&2; exit 1; }
	$(LOCKED) requirements/build.txt
	@touch $@

# Tools that look at the locks, apart from what they look at.
$(VENV)/.supply: $(VENV)/.pip requirements/supply.txt
	$(PY) -m venv --clear $(VENV)/supply
	$(SUPPLY)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement requirements/supply.txt
	@touch $@
