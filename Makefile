PYTHON ?= python3
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-annotate -q

# Bytecode is kept: hundreds of processes are started, and each would compile what it imports.
# Two workers run Spark, four others what mostly waits; conftest.py decides what runs where.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses 6 --dist loadgroup \
	--no-loadscope-reorder

# Dagster's history is in .dagster/, whatever DAGSTER_HOME the caller's shell sets
unexport DAGSTER_HOME

.DEFAULT_GOAL := help
.PHONY: help setup run stop test test-fast test-ui soak ui docs docs-ui reference rehearse bench bench-emr \
	check lock release

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## create .venv with the locked packages and the command emr-ml; install Java if missing
	@$(PYTHON) scripts/set_up.py

run: setup ## materialize the whole graph and print the metrics
	@$(BIN)/emr-ml run

stop: ## end the Spark that is kept warm on this machine
	@$(BIN)/emr-ml stop

test: setup ## run all tests but those of soak and of the UI, in 11 to 18 minutes
	@$(PYTEST) -m "not soak and not browser"

test-fast: setup ## run the tests that start neither Java nor servers nor programs, in about a minute
	@$(PYTEST) --numprocesses 3 -m "not spark and not emulator and not process and not soak and not browser"

test-ui: setup ## open the UI in Chromium, and compare what it says; RETAKE=1 takes the pictures of the docs
	@$(if $(RETAKE),EMR_ML_RETAKE_PICTURES=1) PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -m browser emr_ml_tests/browser

soak: setup ## run the long tests: a rehearsal, losses of power and of services, 200 ticks, new random examples
	@$(PYTEST) -m "(soak or hypothesis) and not browser" --hypothesis-profile search

ui: setup ## start Dagster on 127.0.0.1:3000, with the same history as make run
	@trap '$(BIN)/emr-ml stop' EXIT; trap 'exit 130' INT TERM; \
	$(BIN)/dg dev --host 127.0.0.1 --port 3000

docs: setup ## build the site of docs/ into build/site, and check its links
	@$(BIN)/python -m scripts.docs_site

docs-ui: docs ## serve that site on 127.0.0.1:8000
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site 8000

reference: setup ## write docs/reference/ from the code that it describes
	@$(BIN)/python -m scripts.reference

rehearse: setup ## run the whole graph on an emulated EMR on this machine; compare the metrics
	@$(BIN)/python -m emr_ml_tests.rehearsal

bench: setup ## compare with an earlier pipeline and with scikit-learn; QUICK=1 is shorter
	@$(BIN)/python -m benchmarks.training $(if $(QUICK),--quick)

bench-emr: setup ## compare with dagster-aws's clients on an emulated EMR and EMR Serverless, in half an hour
	@$(BIN)/python -m benchmarks.emr
	@$(BIN)/python -m benchmarks.serverless

check: setup ## check format, lint, types, imports, the template, the docs, and the locked packages for vulnerabilities
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/shellcheck bootstrap/*.sh deploy/entrypoint.sh .ci/run
	@$(BIN)/hadolint deploy/Dockerfile
	@$(BIN)/cfn-lint infra/emr_ml.yaml
	@$(BIN)/emr-ml up --template | $(BIN)/cfn-lint
	@$(BIN)/python -m scripts.docs_site
	@$(BIN)/python scripts/audit.py

lock: setup ## update requirements.lock, and those of nodes and image, from pyproject.toml
	@$(COMPILE) pyproject.toml --group dev --group docs --extra deploy --extra mlflow -o requirements.lock
	@$(COMPILE) --group bootstrap --constraint requirements.lock -o bootstrap/requirements.txt
	@$(COMPILE) pyproject.toml --extra deploy --extra kubernetes --extra mlflow \
		--constraint requirements.lock -o deploy/requirements.txt

release: setup ## build sdist, wheel, SBOM and checksums of the commit into dist/
	@$(BIN)/python scripts/release.py
