# Every task of the project is one word. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BIN := .venv/bin
LAB := $(BIN)/hadoop-dr lab
STOP_LAB := $(BIN)/python -m hadoop_lab down
# Coverage makes tests take twice as long; the pure tests alone have to cover the whole domain.
OFF_LAB := $(BIN)/pytest -q --lab off -m "not e2e and not bench and not chaos"
# Much of their time goes by in waiting, so three processes share the lab: the command line, what has daemons of its own
# (Airflow, two NameNodes that elect one of them, a site that is lost), and all else.
ON_LAB := $(BIN)/pytest -q --lab required -m "(lab or e2e) and not bench and not chaos"
# Simulations whose names begin with these letters: they are shared out over three processes.
twins = $(foreach folder,sim sim/*,$(wildcard tests/$(folder)/test_[$(1)]*.py))
OWN_DAEMONS := tests/e2e/test_airflow_backup.py tests/integration/test_lab_options.py tests/integration/test_lost_site.py
PYTHON_FILES := include plugins dags tests
# Tests start thousands of processes, and each would compile every module anew: half of what it takes to start one.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: env ## from a fresh clone to two recovery points made through Airflow, and where to look
	@$(BIN)/hadoop-dr lab demo

demo-failover: env ## the demo, and then: east is lost, a person approves, the same client writes on west; and back
	@$(BIN)/hadoop-dr lab demo --failover

test: lint unit live ## everything CI runs: lint, unit, then all tests on two real clusters of its own

unit: env ## tests that need no daemon and no JDK, in about eleven minutes
	@rm -rf build/unit .coverage .coverage.*; mkdir -p build/unit; \
	beside() { env --default-signal=INT $(OFF_LAB) $(addprefix --ignore tests/,unit sim model airflow); others=$$?; \
	env --default-signal=INT $(OFF_LAB) tests/model $(call twins,s-z) && exit $$others; }; \
	beside >build/unit/others.log 2>&1 & others=$$!; \
	env --default-signal=INT $(OFF_LAB) $(call twins,a-o) >build/unit/twins.log 2>&1 & twins=$$!; \
	$(BIN)/coverage run $(subst $(BIN)/,-m ,$(OFF_LAB)) tests/unit; pure=$$?; $(OFF_LAB) tests/airflow || pure=1; \
	$(OFF_LAB) $(call twins,p-r) || pure=1; \
	wait $$twins; twins=$$?; wait $$others; others=$$?; \
	cat build/unit/twins.log build/unit/others.log; exit $$((pure + twins + others))
	@$(BIN)/coverage report

live: env ## tests on the lab: contracts, integration, model, end to end; starts the lab and stops it
	@rm -rf build/live; mkdir -p build/live; set -e; trap 'kill -INT $$(jobs -p) 2>/dev/null || true; wait; $(STOP_LAB)' EXIT; trap 'exit 130' INT; \
	$(LAB) up --hiveserver2 >/dev/null; \
	env --default-signal=INT $(ON_LAB) $(addprefix --ignore ,tests/e2e $(OWN_DAEMONS)) >build/live/services.log 2>&1 & services=$$!; \
	env --default-signal=INT $(ON_LAB) $(OWN_DAEMONS) >build/live/daemons.log 2>&1 & daemons=$$!; \
	entrances=0; $(ON_LAB) tests/e2e $(addprefix --ignore ,$(OWN_DAEMONS)) || entrances=$$?; \
	set +e; wait $$services; services=$$?; wait $$daemons; daemons=$$?; \
	cat build/live/services.log build/live/daemons.log; exit $$((entrances + services + daemons))

lint: env ## ruff, mypy, import rules, the compose file, spelling
	@$(BIN)/ruff check $(PYTHON_FILES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yaml
	@git ls-files | xargs $(BIN)/codespell

bench: env ## measure for 40 minutes at most, and name what did not fit; needs the lab (make lab-up)
	@$(BIN)/pytest -q -p no:randomly -m bench --timeout 3600 tests/bench

chaos: env ## long runs: many more random rounds, and daemons killed, paused and cut; needs the lab
	@HYPOTHESIS_PROFILE=thorough $(BIN)/pytest -q -m "not lab and not e2e and not bench" --timeout 3600 tests/model tests/sim
	@HADOOP_DR_RANDOM_ROUNDS=300 HADOOP_DR_RANDOM_SEED=$$RANDOM $(BIN)/pytest -q -rP tests/integration/test_random_backups.py
	@$(BIN)/pytest -q -m chaos --timeout 3600

mutation: env ## break the code of AREA=domain/plan/root_plan.py in small ways, and list what no test noticed
	@.ci/mutation $(AREA)

lab-up: env ## start the two clusters of the lab and leave them running
	@$(LAB) up

lab-down: env ## stop every daemon of the lab; its data stay
	@$(STOP_LAB)

clean: ## stop the lab and remove its data, caches and reports; .venv stays
	@if [ -x $(BIN)/python ] && [ -d .lab ]; then $(STOP_LAB) --wipe; fi
	@rm -rf .lab .demo .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

env: .venv/.complete ## the Python environment in .venv, from the lock

.venv/.complete: requirements.lock pyproject.toml .ci/env
	@.ci/env
	@touch $@

lock: ## resolve the dependencies again and write requirements.lock
	@uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --no-header --group dev \
	  --python-version 3.11 pyproject.toml -o requirements.lock
	@uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --no-header --group mutation \
	  --constraint requirements.lock --python-version 3.11 -o requirements-mutation.lock

.PHONY: help demo demo-failover test unit live lint bench chaos mutation lab-up lab-down clean env lock
