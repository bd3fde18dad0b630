# Everything runs in .venv, which the first target that needs it makes.
#   TORCH    the torch requirement, as pip reads it; the one already in .venv is kept when none is given
#   PYTHON   the interpreter that makes .venv

PYTHON ?= python3
ifndef TORCH
TORCH := $(or $(shell cat .venv/.torch 2>/dev/null),torch)
endif
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

.PHONY: help demo test docs notebooks export dropin benchmarks gpu clean
.DEFAULT_GOAL := help
export MINI MINUTES QUIET

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  TORCH=...       choose the torch to install, e.g. make test TORCH=torch==2.13.0"
	@echo "  PYTHON=...      choose the Python (3.10 or newer) that makes .venv"

# Threads that wait for each other by spinning for long would stall on a busy machine: hence GOMP_SPINCOUNT.
demo: $(or $(wildcard .venv/.dev),.venv/.train) ## train a small LocalTransformer and report bits per byte in runs/demo
	@GOMP_SPINCOUNT=1000 $(BIN)/python -m local_attention_nb.training --preset demo --out runs/demo

test: .venv/.dev ## check that package, README and notebooks agree, run every notebook, build the docs, open them in a browser
	@$(BIN)/python .ci/checks.py

docs: .venv/.dev ## build the docs site into _docs, and fail if a page is not as it should be
	@$(BIN)/python .ci/docs.py

notebooks: .venv/.dev ## open the notebooks in JupyterLab
	@$(BIN)/python -m jupyter lab nbs

export: .venv/.dev ## clean the notebooks, export the package from them, write README.md
	@$(BIN)/python .ci/export.py

benchmarks: .venv/.dev ## measure the tables of the benchmark pages on this CPU, and write the pages; QUIET=1 measures noisy ones again
	@$(BIN)/python .ci/measure.py cpu
	@$(if $(MINI),true,cd nbs/explanations && rm -f results/cpu/model.json && ../../$(BIN)/python -m jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.timeout=-1 benchmarks.ipynb head_to_head.ipynb)

gpu: .venv/.dev ## everything that wants a GPU, in pieces of ten minutes; a second call goes on. MINUTES=9 stops after so many, MINI=1 tries it on a CPU
	@$(BIN)/python .ci/measure.py gpu

dropin: .venv/.dropin ## install the packages that the drop-in for local-attention is tried with, for make test

clean: ## remove .venv, the site and build leftovers; runs/ stays
	rm -rf .venv _docs _proc node_modules build dist *.egg-info nbs/nbdev.yml

# Each stamp is touched when its install is done, so an interrupted one starts again.
.venv/.train .venv/.dev: .venv/.%: .venv/.torch settings.ini setup.py
	@echo "Installing the package with its [$*] requirements ..."
	@$(PIP) install --editable '.[$*]'
	@touch $@

# What a line of settings.ini holds after its name.
setting = $(shell sed -n 's/^$(1) *= *//p' settings.ini)
.venv/.dropin: .venv/.torch settings.ini setup.py
	@echo "Installing the packages that the drop-in is tried with ..."
	@$(PIP) install --editable '.[dropin]'
	@$(PIP) install --no-deps $(call setting,dropin_alone)
	@$(PIP) download --no-deps --no-binary :all: --dest .venv/suites $(call setting,dropin_suites)
	@touch $@

.venv/.torch:
	@echo "Making .venv and installing $(TORCH) ..."
	@$(PYTHON) -m venv .venv
	@$(PIP) install '$(TORCH)'
	@echo '$(TORCH)' > $@

ifneq ($(TORCH),$(shell cat .venv/.torch 2>/dev/null))
.PHONY: .venv/.torch
endif
