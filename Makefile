# `make run` starts Penjing, `make test` runs every check; each does what is needed first, from a bare clone on.
# Works with GNU make 3.81, which is what macOS has.

VENV := .venv
BIN := $(VENV)/bin

# The first of these that is a Python new enough, and not newer than the pinned wheels exist for.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && { echo $$python; break; }; done)

# torch comes first, from whatever index pip is set up with. On Linux pip's default index has the CUDA build, which runs
# without a card too but is some GB to download; where there is no NVIDIA card, the much smaller CPU build is enough:
# set PIP_EXTRA_INDEX_URL to PyTorch's CPU index (named at pytorch.org/get-started) and the same pin resolves to it.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help run test check bench bench-chat exactness screenshots translations installer install-test reproducible clean

help:
	@echo "make run         start Penjing (the terminal chat where there is no display)"
	@echo "make test        style, types, architecture and every test"
	@echo "make bench       start-up times, tokens per step, and speed against plain decoding, transformers and llama.cpp"
	@echo "make bench-chat  how fast chats open, are found and stream, and what a killed window loses"
	@echo "make exactness   the full campaign: every reply equals plain decoding, token by token"
	@echo "make screenshots  take pictures of every panel and page, in both themes, into docs/pictures"
	@echo "make translations  collect the texts of the window for translators, and make what the program reads"
	@echo "make installer   build the installers that this system can build, into build/installers"
	@echo "make install-test  install, use, upgrade and remove them in a fresh minimal Debian, as root or by sudo"
	@echo "make reproducible  build the installers twice, in two clones of this commit, and compare them byte by byte"
	@echo "make clean       remove the virtual environment and caches"

ifeq ($(shell uname)$(DISPLAY)$(WAYLAND_DISPLAY),Linux)
run: $(VENV)/installed
	@echo "There is no display here, so this is the terminal chat, on the same models."
	@$(BIN)/penjing chat
else
run: $(VENV)/installed $(VENV)/window-libraries
	@$(BIN)/penjing
endif

test: check
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest

check: $(VENV)/installed-for-tests $(VENV)/libraries
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: $(VENV)/installed-for-bench
	@mkdir -p build
	$(BIN)/python -m tests.benchmarks.startup
	$(BIN)/python -m tests.benchmarks.acceptance
	$(BIN)/python -m tests.benchmarks.ranking_bound
	$(BIN)/python -m tests.benchmarks.planner
	$(BIN)/python -m tests.benchmarks.survey
	$(BIN)/python -m tests.benchmarks.predictions --json build/predictions.json
	$(BIN)/python -m tests.benchmarks.budget
	$(BIN)/python -m tests.benchmarks.hidden_drafting --drive 200e6
	$(BIN)/python -m tests.benchmarks.self_draft
	$(BIN)/python -m tests.benchmarks.overhead
	$(BIN)/python -m tests.benchmarks.library
	$(BIN)/python -m tests.benchmarks.downloads
	$(BIN)/python -m tests.benchmarks.quantize --ways
	$(BIN)/python -m tests.benchmarks.fused_kernels
	$(BIN)/penjing bench --prompts resources/demo_questions.jsonl --against plain,transformers --json build/bench.json
	$(BIN)/python -m tests.benchmarks.offload --json build/offload.json

bench-chat: $(VENV)/installed $(VENV)/libraries
	$(BIN)/python -m tests.benchmarks.window_tree_paint
	$(BIN)/python -m tests.benchmarks.window_tree_replay
	$(BIN)/python -m tests.benchmarks.window_monitor
	$(BIN)/python tests/benchmarks/window_chat_open.py
	$(BIN)/python tests/benchmarks/window_chat_stream.py
	$(BIN)/python tests/benchmarks/window_chat_kill.py

# What was broken off goes on where it stopped, unless the program has changed since.
exactness: $(VENV)/installed-for-tests
	$(BIN)/python -m tests.benchmarks.exactness --record build/exactness.jsonl

screenshots: $(VENV)/installed $(VENV)/libraries
	QT_QPA_PLATFORM=offscreen $(BIN)/python packaging/screenshots.py docs/pictures

translations: $(VENV)/installed
	$(BIN)/python packaging/translations.py

installer: $(VENV)/installed-for-installers $(VENV)/installer-tools
	$(BIN)/python packaging/installers/build.py build/installers

# Whoever is not root needs sudo: a Debian of its own takes mounts.
install-test: installer
	@$(BIN)/python packaging/system_packages.py install-test
	$(if $(filter 0,$(shell id -u)),,sudo) $(BIN)/python packaging/installers/install_test.py build/installers

# In folders whose names differ in length too: no file may know where it was made.
reproducible: $(VENV)/installed-for-installers
	@rm -rf build/reproducible
	@git clone --quiet . build/reproducible/one
	@git clone --quiet . build/reproducible/the-other
	@$(MAKE) -C build/reproducible/one installer
	@$(MAKE) -C build/reproducible/the-other installer
	$(BIN)/python packaging/installers/compare.py \
		build/reproducible/one/build/installers build/reproducible/the-other/build/installers

clean:
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info

# Each stamp file below marks a finished step, so that a second run costs nothing.

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Penjing needs Python 3.11 to 3.14, and there is none on the PATH."; exit 1; }
	@$(PYTHON) packaging/system_packages.py venv
	@echo "Making the virtual environment in $(VENV)."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: constraints.txt pyproject.toml | $(BIN)/python
	@echo "Installing the pinned packages; the first time takes some minutes."
	@$(INSTALL) setuptools torch
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-for-tests: $(VENV)/installed
	@$(INSTALL) --no-build-isolation --editable '.[test]'
	@touch $@

# llama-cpp-python is built from source, with tools of its own: that takes minutes, and a compiler.
$(VENV)/installed-for-bench: $(VENV)/installed
	@echo "Installing what the offload benchmark compares with; building llama.cpp takes some minutes."
	@$(INSTALL) --editable '.[bench]' || echo "Not all could be installed; the benchmark says who is missing."
	@touch $@

$(VENV)/installed-for-installers: $(VENV)/installed
	@$(INSTALL) --no-build-isolation --editable '.[installer]'
	@touch $@

$(VENV)/installer-tools: packaging/system-packages.txt | $(BIN)/python
	@$(BIN)/python packaging/system_packages.py installer
	@touch $@

$(VENV)/libraries: packaging/system-packages.txt | $(BIN)/python
	@$(BIN)/python packaging/system_packages.py always
	@touch $@

$(VENV)/window-libraries: packaging/system-packages.txt | $(BIN)/python
	@$(BIN)/python packaging/system_packages.py window
	@touch $@
