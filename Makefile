# Every target makes the environment that it needs, inside this checkout, at the versions of
# constraints.txt (of packaging/floors.txt where it holds the core alone); a second call reuses it until those versions change, or the part of pyproject.toml
# that says how the package is built and what it needs.
# On a fresh machine: Python 3.11 or newer, make and git.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
# One thing after another, but for the steps that `make test` starts side by side.
ifndef SIDE_BY_SIDE
.NOTPARALLEL:
endif

PYTHON ?= $(shell command -v python3.11 || command -v python3)
WORKERS ?= 2
# One BLAS thread for each process: two busy processes with two threads each are slower than one.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
# Tests start thousands of short processes: without bytecode each one would compile 450 modules again.
unexport PYTHONDONTWRITEBYTECODE

RUN := .venv-run
TEST := .venv-test
CORE := .venv-core
NEWEST := .venv-newest
PEER := .venv-rmt
RELEASE := .venv-release
VERSIONS := constraints.txt
INSTALL = -m pip install --quiet --no-compile --disable-pip-version-check --constraint $(VERSIONS)
# The build backend first and at its locked version, so that building the package fetches nothing.
BACKEND := hatchling editables
RUNNERS := pytest pytest-xdist hypothesis
# Each worker starts with half of the tests, and takes from the other when it has none left.
SHARED = -n $(WORKERS) --dist worksteal
# What proves that the core dependencies are enough: every module is imported for its doctests, every
# public name and every command is called. The environment with every extra runs all other tests.
ALONE := src tests/random_caller tests/test_packaging.py tests/test_doctor.py
# Old and new versions of other libraries announce changes to each other. These announcements are
# named at the end of the run, and fail no test.
OTHERS := -W default::DeprecationWarning -W default::PendingDeprecationWarning -W default::FutureWarning
# Every Python from 3.11 that this machine has.
PYTHONS = $(foreach minor,11 12 13 14 15,$(if $(shell python3.$(minor) -c 'print(1)' 2>/dev/null),python3.$(minor)))
EXTRAS := dev,docs,figures,data,denoise,cluster,formats,diffusers,explore,fuzz
TORCH := 2.13.0

# A fresh environment in the folder of the target, with what its HOLDS names.
define environment
	@echo "making $(@D): $(HOLDS)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "twinseed needs Python 3.11: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python $(INSTALL) $(BACKEND)
	@$(@D)/bin/python $(INSTALL) --no-build-isolation $(HOLDS)
	@$(if $(FILES_OF),$(@D)/bin/python $(INSTALL) --no-deps $(FILES_OF))
	@touch $@
endef

##@ Use

.PHONY: reproduce
reproduce: $(RUN)/.ready  ## regenerate and test every claim, into reproduction/ (ARGS="--quick" for a minute)
	$(RUN)/bin/twinseed reproduce $(ARGS)

.PHONY: docs
docs: $(TEST)/.ready  ## the documentation, into docs/_build/html; its code is run, a warning is an error
	$(TEST)/bin/python -m sphinx --quiet --fail-on-warning --keep-going docs docs/_build/html
	$(TEST)/bin/python -m pytest --quiet tests/docs/test_site.py tests/docs/test_documents.py -m nightly
	@echo "built: docs/_build/html/index.html"

.PHONY: explore
explore: $(RUN)/.ready  ## the page to play with, on this machine alone (ARGS="--port 9000")
	$(RUN)/bin/twinseed explore $(ARGS)

##@ Check

# Environments and steps that keep one core busy share the cores; make prints what each wrote when it has ended, where make can.
.PHONY: test
test:  ## everything that CI runs
	@echo "$(WORKERS) steps at a time: what a step prints is shown when the step has ended"
	@$(MAKE) --no-print-directory --jobs=$(WORKERS) $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) SIDE_BY_SIDE=yes WORKERS=1 apart
	@$(MAKE) --no-print-directory test-full

.PHONY: apart
apart: docs lint test-core bench-quick

.PHONY: lint
lint: $(TEST)/.ready  ## style, format, types and the floors
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/mypy
	$(TEST)/bin/lint-imports --no-cache

.PHONY: test-full
test-full: $(TEST)/.ready  ## tests and doctests with every extra; a skipped test is an error
	TWINSEED_FULL=1 $(TEST)/bin/python -m pytest $(SHARED) -m "not nightly"

.PHONY: test-core
test-core: $(CORE)/.ready  ## the core alone, each dependency at its lowest version: imports, doctests, names, commands
	TWINSEED_FULL=1 TWINSEED_VERSIONS=packaging/floors.txt $(CORE)/bin/python -m pytest $(SHARED) $(OTHERS) -m "not nightly and not extras" $(ALONE)

.PHONY: test-newest
test-newest:  ## the core alone, each dependency at its newest version, with every Python of this machine
	@for python in $(PYTHONS); do \
		rm -rf $(NEWEST); \
		$(MAKE) --no-print-directory PYTHON=$$python $(NEWEST)/.ready; \
		TWINSEED_FULL=1 $(NEWEST)/bin/python -m pytest $(SHARED) $(OTHERS) -m "not nightly and not extras" $(ALONE) \
			--deselect tests/test_packaging.py::test_every_core_dependency_is_locked_at_the_version_installed; \
	done

.PHONY: nightly
nightly: $(TEST)/.ready $(CORE)/.ready test-newest  ## the heavy tests too, with coverage; the core at its oldest and newest
	TWINSEED_FULL=1 $(TEST)/bin/python -m pytest $(SHARED) --cov --cov-report=term-missing
	TWINSEED_FULL=1 TWINSEED_VERSIONS=packaging/floors.txt $(CORE)/bin/python -m pytest $(SHARED) $(OTHERS) -m "not nightly and not extras"

.PHONY: faults
faults: $(TEST)/.ready  ## kills, full disks, read-only folders, lost clusters, many audits (half an hour; as root)
	TWINSEED_FULL=1 $(TEST)/bin/python -m pytest $(SHARED) -rP tests/faults tests/sweep tests/cli/test_written_files.py tests/cli/test_cli_interrupt.py

.PHONY: fuzz
fuzz: $(TEST)/.ready  ## damage files of every format, a minute each (ARGS="npy --seconds 600")
	$(TEST)/bin/python fuzz/readers.py $(ARGS)

.PHONY: mutants
mutants: $(TEST)/.ready  ## plant faults, one at a time, and see which no test notices (hours; resumes)
	test -e .cache/mutants/durations.json || $(TEST)/bin/python tests/mutation/run.py collect
	$(TEST)/bin/python tests/mutation/run.py run $(ARGS)
	$(TEST)/bin/python tests/mutation/run.py page

.PHONY: bench
bench: $(TEST)/.ready $(PEER)/.ready  ## the benchmarks at full size, into docs/benchmarks.md (ARGS="a_first_answer" for one)
	$(TEST)/bin/python benchmarks/run.py --page $(ARGS)

.PHONY: bench-quick
bench-quick: $(TEST)/.ready $(PEER)/.ready  ## the benchmarks at a size that only shows that they run
	$(TEST)/bin/python benchmarks/run.py --quick $(ARGS)

.PHONY: explore-load
explore-load: $(TEST)/.ready  ## slow clients and 1,000 requests at once, against a page on this machine (a minute)
	$(TEST)/bin/python benchmarks/explore_load.py $(ARGS)

##@ Maintain

.PHONY: format
format: $(TEST)/.ready  ## format the code, sort the imports
	$(TEST)/bin/ruff check --fix .
	$(TEST)/bin/ruff format .

.PHONY: lock
lock:  ## resolve constraints.txt and packaging/floors.txt again: names and versions, no addresses
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check torch==$(TORCH) ".[$(EXTRAS)]"
	.venv-lock/bin/python -m pip list --format=freeze --exclude pip --exclude twinseed \
		| sed 's/+.*//' > constraints.txt
	$(PYTHON) -m venv --clear .venv-lock
	$(PYTHON) packaging/floors.py > .venv-lock/floors.txt
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check --constraint .venv-lock/floors.txt \
		. $(BACKEND) $(RUNNERS)
	.venv-lock/bin/python -m pip list --format=freeze --exclude pip --exclude setuptools --exclude twinseed \
		> packaging/floors.txt
	rm -r .venv-lock

.PHONY: release
release: $(RELEASE)/.ready  ## build the wheel and the source archive twice, check both, install the core: dist/
	$(RELEASE)/bin/python packaging/release.py

.PHONY: clean
clean:  ## remove the environments, caches and results
	rm -rf .venv-* docs/_build .cache .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist reproduction

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*?## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(RUN)/.ready: HOLDS = --editable ".[figures,data,explore]"
$(TEST)/.ready: HOLDS = torch --editable ".[$(EXTRAS)]"
# Packages of which the documents read a file of data, and import nothing.
$(TEST)/.ready: FILES_OF = scanpy==1.11.5 eofs==2.0.0
$(CORE)/.ready $(NEWEST)/.ready: HOLDS = --editable . $(RUNNERS)
$(CORE)/.ready: VERSIONS := packaging/floors.txt
$(NEWEST)/.ready: VERSIONS := /dev/null
$(RUN)/.ready $(TEST)/.ready $(CORE)/.ready $(NEWEST)/.ready: .cache/needs
	$(environment)

.cache/needs: pyproject.toml constraints.txt packaging/floors.txt
	@mkdir -p $(@D)
	@sed '/^\[tool\./,$$d' pyproject.toml | cat - constraints.txt packaging/floors.txt > $@.new
	@cmp --silent $@.new $@ || cp $@.new $@
	@rm $@.new

# scikit-rmt, which the benchmarks compare with, needs an older numpy than ours.
$(PEER)/.ready: benchmarks/peers/scikit_rmt.txt
	@echo "making $(PEER): scikit-rmt, for the benchmarks"
	@$(PYTHON) -m venv --clear $(PEER)
	@$(PEER)/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --requirement $<
	@touch $@

$(RELEASE)/.ready: packaging/release.txt
	@echo "making $(RELEASE): build, twine, cyclonedx-bom, py-rattler-build"
	@$(PYTHON) -m venv --clear $(RELEASE)
	@$(RELEASE)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@
