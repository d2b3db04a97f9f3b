# The two commands a newcomer needs are `make demo` and `make test`; `make help` lists the rest.
# Only Python 3.11+ and make are assumed. uv is used where it is installed.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := $(BIN)/python -m

ifneq ($(shell command -v uv 2>/dev/null),)
  MAKE_VENV := uv venv --quiet --python $(PYTHON) $(VENV)
  INSTALL   := uv pip install --quiet --python $(BIN)/python -c constraints.txt
else
  MAKE_VENV := $(PYTHON) -m venv $(VENV)
  INSTALL   := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
endif

.PHONY: help demo up test lint lab labextension release docs bench eval fuzz faults constraints clean FORCE

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: $(VENV)/.base ## one whole investigation of a broken cluster: no key, no cluster, no database needed
	@$(BIN)/workbench demo $(if $(CONTEXT),--context $(CONTEXT)) --out out/demo

up: $(VENV)/.server ## the chat and the REST API on this machine
	@$(BIN)/workbench up $(if $(CONTEXT),--context $(CONTEXT))

lab: $(VENV)/.lab ## JupyterLab with the guided tour
	@$(BIN)/workbench lab

test: $(VENV)/.dev ## install what the tests need and run them
	@scripts/browser
	@scripts/npm-test-tools
	@$(RUN) pytest -n 2 --dist loadgroup

lint: $(VENV)/.dev ## formatting, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

labextension: $(VENV)/.lab ## build the JupyterLab extension again (needs node); what it makes is committed
	@scripts/labextension $(BIN)

docs: $(VENV)/.dev ## the documentation as a site, into out/site
	@$(BIN)/zensical build --strict

release: ## build wheel and sdist, install the wheel alone and run its demo; publishes nothing
	@scripts/release $(PYTHON)

bench: $(VENV)/.dev ## every figure beside its floor, from one run
	@for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

eval: $(VENV)/.base ## the bundled scenarios asked of the analyst; fails when it is right about less than 95 %
	@mkdir -p out
	@$(BIN)/workbench eval -m analyst --at-least 0.95 --out out/evaluation.json --html out/evaluation.html

fuzz: $(VENV)/.dev ## many generated requests to every operation of the API (half an hour)
	@WORKBENCH_FUZZ_EXAMPLES=500 $(RUN) pytest tests/api/test_fuzz.py --timeout 3600

faults: out/faults-record.jsonl out/faults-tools.jsonl out/faults-runbooks.jsonl ## every fault as often as docs/reliability.md says, which it writes (40 minutes; 25 with -j2)
	@$(BIN)/python scripts/reliability.py $^ docs/reliability.md

out/faults-record.jsonl: $(VENV)/.dev FORCE
	@mkdir -p out && rm -f $@
	@WORKBENCH_FAULTS_FIGURES=$@ WORKBENCH_TEST_KILLS=100 WORKBENCH_TEST_RESUMES=200 WORKBENCH_TEST_STOPS=200 \
	 WORKBENCH_TEST_LOST_REPLIES=1000 WORKBENCH_TEST_TAMPERINGS=1000 \
	 $(RUN) pytest tests/faults tests/store/test_audit.py --timeout 3600

out/faults-tools.jsonl: $(VENV)/.dev FORCE
	@mkdir -p out && rm -f $@
	@WORKBENCH_FAULTS_FIGURES=$@ WORKBENCH_TEST_ROUNDS=25 $(RUN) pytest tests/mcp/test_faults.py --timeout 3600

out/faults-runbooks.jsonl: $(VENV)/.dev FORCE
	@mkdir -p out && rm -f $@
	@WORKBENCH_FAULTS_FIGURES=$@ KILLS=100 $(RUN) pytest tests/runbooks/test_run.py -k a_killed_run --timeout 3600

constraints: ## pin the newest versions that work together (needs uv)
	@uv pip compile --quiet --python-version 3.11 --no-header --no-annotate --all-extras --upgrade pyproject.toml -o constraints.txt

clean: ## remove the virtual environment and everything generated
	@rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(MAKE_VENV)

$(VENV)/.base: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) …"
	@$(INSTALL) -e .
	@touch $@

$(VENV)/.lab: $(VENV)/.base
	@$(INSTALL) -e '.[lab]'
	@touch $@

$(VENV)/.server: $(VENV)/.base
	@$(INSTALL) -e '.[server]'
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@$(INSTALL) -e '.[dev]'
	@touch $@
