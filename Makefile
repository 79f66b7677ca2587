# Everything a developer types. Each target sets itself up: the first run makes the virtual
# environment and installs system libraries (or says which command to run), later runs start at once.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help run test check lint types layers readers demo bench soak coverage format package clean

help:
	@echo "make run      open Postrider (without a display: the demo, offscreen)"
	@echo "make test     the tests"
	@echo "make check    style, types, layers and tests, fast first"
	@echo "make readers  read rendered messages with two parsers of Node, where Node is there"
	@echo "make demo     drive the real window against the sandbox; pictures in build/demo"
	@echo "make bench    measure start-up, typing, sending"
	@echo "make soak     the long tests"
	@echo "make coverage the tests with a coverage report in build/coverage/html"
	@echo "make format   put the code in shape"
	@echo "make package  wheel and source archive in build/dist"
	@echo "make clean    remove build results (the virtual environment stays)"

# The file says for which directory the environment was made: a moved checkout makes a new one.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif
$(READY): pyproject.toml packaging/environment.sh packaging/debian-setup.sh
	@sh packaging/debian-setup.sh
	@sh packaging/environment.sh $(VENV)

run: $(READY)
	@if [ "$$(uname -s)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		echo "There is no display here, so no window can open. Running the demo offscreen instead;" \
			"its pictures go to build/demo."; \
		QT_QPA_PLATFORM=offscreen exec $(BIN)/postrider demo --out build/demo; \
	else \
		exec $(BIN)/postrider; \
	fi

demo: $(READY)
	@if [ "$$(uname -s)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		export QT_QPA_PLATFORM=offscreen; \
	fi; \
	exec $(BIN)/postrider demo --out build/demo

# Three at a time on two cores, for they often wait; a file at a time, for files share a sandbox.
# What failed beside others is run once more alone, in full view: the machine may have been too busy.
test: $(READY)
	@$(BIN)/python -m pytest -n 3 --dist loadfile || { [ $$? -eq 1 ] && \
		echo "Once more, alone, what failed:" && \
		$(BIN)/python -m pytest --last-failed --last-failed-no-failures none; }

lint: $(READY)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet || \
		{ echo "Some files are not in shape; make format puts them right."; exit 1; }

types: $(READY)
	@$(BIN)/mypy

layers: $(READY)
	@$(BIN)/lint-imports --no-logo

check: $(READY)
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory types
	@$(MAKE) --no-print-directory layers
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory readers

# The file's name holds the versions: another version is another installation.
READERS := mailparser@3.9.31 postal-mime@4.0.0
READERS_READY := build/node/.ready-$(subst $() $(),-,$(READERS))

readers: $(READY)
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then \
		echo "Node and npm are not here, so its mail parsers do not read our messages; install both to have it done."; \
		exit 0; \
	fi; \
	set -e; \
	if [ ! -e $(READERS_READY) ]; then \
		mkdir -p build/node; \
		npm install --prefix build/node --no-audit --no-fund --silent $(READERS) || \
			{ echo "npm could not install $(READERS); look at the connection and run make readers again."; exit 1; }; \
		touch $(READERS_READY); \
	fi; \
	$(BIN)/python -m tests.node.generate build/node/messages; \
	node tests/node/compare.mjs build/node/messages build/node

bench: $(READY)
	@$(BIN)/python -m pytest tests/bench -s -p no:randomly

soak: $(READY)
	@POSTRIDER_FULL=1 $(BIN)/python -m pytest -s -p no:randomly -o faulthandler_timeout=1800 tests/e2e/test_fault_matrix.py tests/e2e/test_fault_matrix_later.py \
		tests/e2e/test_kill_points.py tests/unit/outbox/test_state_machine.py tests/soak

coverage: $(READY)
	@mkdir -p build/coverage
	@$(BIN)/coverage run -m pytest
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage html --quiet
	@$(BIN)/coverage report --format=total

format: $(READY)
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

package: $(READY)
	@$(BIN)/python -m build --outdir build/dist

clean:
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage*
	@find app tests -name __pycache__ -type d -prune -exec rm -rf {} +
