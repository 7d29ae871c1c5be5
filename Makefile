# The front door. `make help` lists the targets; the work itself is in scripts/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GANTRY := build/release/gantry

.PHONY: help setup build run test test-deep bench lint format conformance fuzz chaos clean install

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing (Debian and npm packages); instant when nothing is
	@scripts/setup

build: ## the release binary, build/release/gantry
	@scripts/build release gantry

run: setup build ## build, then start Gantry on examples/quickstart (Ctrl-C ends it)
	@exec $(GANTRY) up -f examples/quickstart/gantry.yaml

test: ## everything that proves it works
	@scripts/test

test-deep: ## sanitizers on the integration tests, and what needs a container engine
	@scripts/test-deep

bench: setup build ## measure beside nginx and the npm bridges, into bench/results/
	@bench/run

lint: setup ## clang-tidy on all files, every header alone, formatting
	@scripts/lint

format: ## clang-format, in place
	@scripts/format

conformance: setup build ## the official MCP conformance suite
	@scripts/conformance $(GANTRY)

fuzz: setup ## fuzz what reads untrusted bytes (FUZZ_SECONDS=60 for each)
	@scripts/fuzz

chaos: setup build ## kills and faults under load
	@scripts/chaos $(GANTRY)

clean: ## remove build/; packages and node_modules stay
	@rm -rf build

install: build ## copy the binary to $(DESTDIR)$(PREFIX)/bin (PREFIX=/usr/local)
	@install -D -m 0755 $(GANTRY) "$(DESTDIR)$${PREFIX:-/usr/local}/bin/gantry"
