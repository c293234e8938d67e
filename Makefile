# make grade   grade the sample class in the strongest sandbox this machine offers
# make test    run every test of the kit
# make test-oldest  run the core tests with the oldest allowed version of every dependency, in .venv-oldest
# make nightly  prove every chapter, right answers under 1,000 seeds, and name every known mistake; takes about an hour on two cores
# make fuzz    bytes of strangers: every reader for a while, and the decoder of frames a million times; takes about ten minutes
# make figures  what grading costs, as ratios from one run; run it on a quiet machine
# make pictures  draw the lessons' pictures anew from the solutions
# make site    build the site in build/site/html, in English and in Chinese; REPOSITORY=owner/name adds links to GitHub
# make lint    ruff, mypy, the layers of the rooms, and whether exercises, pictures and GitHub's files are up to date
# Each sets up what it needs first: .venv, and bubblewrap (for tests Chromium too) where they can be installed.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
OLDEST := .venv-oldest
# The rooms that the dependencies are used in; what they share is tested with the newest ones.
OLDEST_TESTS := checking engine course rules submissions sandbox workspace watch report build cli
export OMP_NUM_THREADS ?= 1

.PHONY: grade test test-oldest nightly fuzz figures pictures site lint setup browser clean

# brick grade exits 1 when a learner failed a check, which is what a sample class is for; 2 is a real problem.
grade: setup
	@BRICKWORK_SECRET="sample class" $(BIN)/brick grade examples/class --out reports || test $$? -eq 1

test: setup browser
	$(BIN)/python -m pytest -n 2 --dist loadgroup

# Of torch this installs the oldest that pyproject.toml allows too, the CPU's where the index offers it.
test-oldest: setup browser
	@test -x $(OLDEST)/bin/python || $(PYTHON) -m venv $(OLDEST)
	@$(BIN)/python scripts/oldest_dependencies.py dev > $(OLDEST)/constraints.txt
	@$(OLDEST)/bin/python -m pip install --quiet --no-compile -c $(OLDEST)/constraints.txt -e '.[dev]'
	$(OLDEST)/bin/python -m pytest -n 2 --dist loadgroup -m "not slow and not nightly" -p no:cacheprovider $(OLDEST_TESTS:%=tests/%)

nightly: setup
	$(BIN)/brick prove --seeds 1000 --thorough
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m nightly

fuzz: setup
	@$(BIN)/python -c "import atheris" 2>/dev/null || $(BIN)/python -m pip install --quiet -e '.[fuzz]'
	$(BIN)/python scripts/fuzz.py

figures: setup
	$(BIN)/python -m pytest -q -s tests/benchmarks

pictures: setup
	$(BIN)/python scripts/draw_pictures.py

site: setup
	@$(BIN)/python -c "import sphinx, myst_parser" 2>/dev/null || \
		$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.[site]'
	$(BIN)/python scripts/build_site.py $(if $(REPOSITORY),--repository $(REPOSITORY))

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check grader tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/brick stubs --check
	$(BIN)/python scripts/draw_rooms.py --check
	$(BIN)/python scripts/draw_pictures.py --check
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms \
		$(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml

setup: $(STAMP)
	@command -v bwrap >/dev/null 2>&1 || \
		sh scripts/install_with_apt.sh "grading is less sealed" bubblewrap libseccomp2

browser:
	@command -v chromium >/dev/null 2>&1 || sh scripts/install_with_apt.sh "tests of the pages are skipped" chromium fonts-dejavu-core

# pip would compile on one core; not every file in every package is meant to compile.
$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV): a few minutes, once"
	@$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.[dev]'
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@touch $(STAMP)

clean:
	rm -rf $(VENV) $(OLDEST) reports
