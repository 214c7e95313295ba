# `make` alone lists what there is to do. Everything lives in .venv/ and var/; neither is kept in git.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
DEMO := $(BIN)/python scripts/demo.py
CODE := checkin wsgi.py migrations tests benchmarks scripts
T ?= tests
N ?= 2000

.DEFAULT_GOAL := help
.PHONY: help run test test-fast lint fmt migrate seed bench calibrate messages chaos screens

help: ## list what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: .venv/ready ## start the demo: web and scheduler, until Ctrl-C
	@$(DEMO) run

test: .venv/ready-to-develop ## run the tests; T=tests/domain runs a part
	@scripts/system.sh test
	@$(BIN)/pytest --numprocesses 2 $(T)

test-fast: .venv/ready-to-develop ## run the tests that need no browser
	@$(BIN)/pytest --numprocesses 2 -m "not browser" $(T)

lint: .venv/ready-to-develop ## check style, types and layers
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check --quiet $(CODE)
	@$(BIN)/mypy
	@$(BIN)/pytest --quiet --no-header --durations=0 tests/test_architecture.py

fmt: .venv/ready-to-develop ## format the code and mend what can be mended
	@$(BIN)/ruff check --fix --exit-zero --quiet $(CODE)
	@$(BIN)/ruff format $(CODE)

migrate: .venv/ready ## bring the demo's database to the newest schema
	@$(DEMO) flask db-upgrade

seed: migrate ## fill the demo's database, or make its next reminder due
	@$(DEMO) flask seed-demo

bench: .venv/ready-to-develop ## measure speed and weight beside a bare application
	@$(BIN)/python -m benchmarks.run

calibrate: .venv/ready-to-develop ## judge the estimator by simulated patients; N=200 of each for a first look
	@$(BIN)/python -m benchmarks.calibrate --patients $(N)

messages: .venv/ready ## collect the texts for translators, and compile what they translated
	@$(BIN)/python -m scripts.messages

chaos: .venv/ready-to-develop ## kill servers at random, ROUNDS=1000 on each database; goes on where it stopped
	@PYTHONPATH=.:tests $(BIN)/python -m chaos.run

screens: .venv/ready-to-develop ## renew the pictures in docs/screens from the browser tests
	@scripts/system.sh test
	@TEST_SCREENS=1 $(BIN)/pytest --numprocesses 2 tests/browser

.venv/bin/python:
	@PYTHON=$(PYTHON) scripts/system.sh venv
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv

.venv/ready: requirements.txt | .venv/bin/python
	@echo "Installing what checkin needs into .venv"
	@$(PIP) install -r requirements.txt
	@touch $@

.venv/ready-to-develop: requirements-dev.txt .venv/ready
	@echo "Installing what its tests need into .venv"
	@$(PIP) install -r requirements-dev.txt
	@touch $@
