# make demo: both runs that a reader can repeat. make test: the test suite. Each makes its own environment first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
RUN = $(VENV)/bin/python
# one process a core, a file of tests in one process; long files are started first (tests/timings.txt)
WORKERS ?= 2
TEST = $(RUN) -m pytest -n $(WORKERS) --dist=loadfile --no-loadscope-reorder --durations=10

.PHONY: demo test slow nightly fuzz lint docs screens wheel clean

demo: $(VENV)/.installed
	$(RUN) examples/demo.py --out out/demo

test: $(VENV)/.installed
	$(TEST)

# the rest of what `make test` asks a share of, trainings, experiments: too long for every test run, part of CI
slow: $(VENV)/.installed
	$(TEST) -m 'slow and not nightly'

# whole chapters and laws over hundreds of systems: too long for CI
nightly: $(VENV)/.installed
	$(TEST) -m nightly

# drawn inputs through all doors; another SEED draws others; with RECORD=file a run that was ended goes on
EXAMPLES ?= 20000
SEED ?= 1
SECONDS ?= inf
SLOWER ?= 1
fuzz: $(VENV)/.installed
	PYTHONPATH=tests $(RUN) tests/fuzz/run.py --examples $(EXAMPLES) --seed $(SEED) --seconds $(SECONDS) \
	--jobs $(WORKERS) --slower $(SLOWER) $(if $(RECORD),--record $(RECORD))

lint: $(VENV)/.installed-dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pyright --pythonpath $(RUN)

docs: $(VENV)/.installed-dev
	$(RUN) -m sphinx -W --keep-going -b html docs docs/_build/html

# the report, the app and pages of the documentation as pictures, and axe; without a Chromium one line says it is left out
screens: $(VENV)/.installed-dev
	$(RUN) tests/browser/screens.py --docs docs/_build/html --out out/screens

wheel: $(VENV)/.installed-dev
	$(RUN) -m pip wheel --no-deps --no-build-isolation --wheel-dir dist .

# where the venv module comes without ensurepip, pip outside the environment puts pip into it
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || \
	{ $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(VENV)/bin/python install pip; }

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(RUN) -m pip install -c constraints.txt -e '.[test]'
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(RUN) -m pip install -c constraints.txt -e '.[dev]'
	touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) dist build docs/_build docs/api
