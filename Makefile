# Everything is installed into .venv from uv.lock; nothing outside this folder is touched, but for
# the browser that the tests drive.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8501
BROWSERS := chromium chromium-browser google-chrome
export DO_NOT_TRACK := 1

.DEFAULT_GOAL := help
.PHONY: help install demo serve test tests lint torture postgres soak simulate replay bench visits audit docs shots letters browser

help: ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/'

.venv/run: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
		{ $(PYTHON) --version; echo "Wanted Python 3.11 to 3.13: make PYTHON=/path/to/python3.12 …"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv sync --quiet --frozen --inexact --python $(BIN)/python
	@touch $@

.venv/test: .venv/run
	$(BIN)/uv sync --quiet --frozen --inexact --extra test --python $(BIN)/python
	@touch $@

install: .venv/run ## set everything up

demo: .venv/run ## load three made models with half a year of batches, and serve the dashboard
	$(BIN)/fairwatch demo --port $(PORT) $(DEMO)

serve: .venv/run ## serve the dashboard and keep a worker running
	$(BIN)/fairwatch serve --port $(PORT)

browser:
	@for name in $(BROWSERS); do command -v $$name >/dev/null && exit 0; done; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "Installing chromium for the browser tests …"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else \
		echo "The browser tests need Chromium: install the package chromium (apt-get install chromium) and run make test again."; \
		exit 1; \
	fi

lint: .venv/test ## style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: .venv/test browser ## everything that must hold, browser tests included
	@$(MAKE) --no-print-directory -j 2 lint tests

tests: .venv/test
	$(BIN)/pytest -n 4 -m "not slow"

postgres: .venv/test ## the suites of store, queue and alerts on PostgreSQL, whole: five minutes
	$(BIN)/pytest -n 2 -k postgresql -m "slow or not slow" tests/store tests/jobs

torture: .venv/test browser ## the slow tests: long simulations, many kills, large files
	$(BIN)/pytest -m slow

soak: .venv/test ## a day of batches and visitors in a quarter of an hour: what server and worker hold
	$(BIN)/pytest -n 0 -s -m slow tests/torture/test_soak.py

simulate: .venv/test ## hold what is promised about chance against simulations: a table, in a few minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.simulations

bench: .venv/test ## speed and memory beside others and what is wanted: all of benchmarks/README.md, two hours
	$(BIN)/python benchmarks/compare.py
	$(BIN)/python -m benchmarks.peers --nannyml .venv/nannyml
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.measuring
	$(BIN)/python -m benchmarks.evaluation
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.engines
	@$(MAKE) --no-print-directory visits

.venv/large/made: .venv/test
	rm -rf .venv/large
	$(BIN)/python -m benchmarks.large .venv/large
	@touch $@

visits: .venv/large/made browser ## the part about pages: ten million measurements, 200 visitors, start, first visit
	$(BIN)/python -m benchmarks.start .venv/large
	$(BIN)/python -m benchmarks.pages .venv/large
	$(BIN)/python -m benchmarks.load .venv/large --users 4 --think 0 --seconds 30
	$(BIN)/python -m benchmarks.load .venv/large --users 200 --think 10
	$(BIN)/python -m benchmarks.first_load .venv/large

replay: .venv/test ## half a year of the demo week by week: every message that somebody would have had
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.replay

audit: .venv/run ## ask PyPI for known holes in what is pinned (needs the network)
	$(BIN)/uv export --quiet --frozen --no-emit-project --all-extras --format requirements-txt -o .venv/pinned.txt
	$(BIN)/uv tool run pip-audit --strict --disable-pip --require-hashes -r .venv/pinned.txt

docs: .venv/test ## write docs/metrics.md anew from the catalogue
	$(BIN)/python -m monitor.measures.catalogue.page > docs/metrics.md

shots: .venv/test browser ## draw the pictures of the README from the running app
	$(BIN)/python -m tests.browser.shots docs

letters: .venv/test ## cut the letters and icons that browsers get out of Streamlit's fonts
	$(BIN)/uv run --quiet --no-sync --with 'fonttools[woff]' python -m tests.browser.letters monitor/ui/static
