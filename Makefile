# Thin names over the scripts. The host needs Node.js 20 or newer with npm; npm brings the Node that everything runs on.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

installed := node_modules/.installed

.PHONY: help demo demo-fault test check build types lint gen images deploy status bench clean

help: ## what there is
	@echo "make demo         central, two sites with a PostgreSQL cluster each, and the dashboard (DEMO_FLAGS=\"--help\")"
	echo "make demo-fault   lists the faults; FAULT=<name> injects one into the running demo (FAULT_FLAGS=\"--help\")"
	echo "make test         everything that this machine can run; says what it left out (TEST_FLAGS=\"--help\")"
	echo "make check        types, lint, format, house rules, unit tests"
	echo "make build        one file per program and the dashboard, in dist/"
	echo "make images       container images, with Docker (IMAGE_PREFIX, IMAGE_TAG)"
	echo "make deploy       central and a satellite onto the Kubernetes that kubectl points at"
	echo "make status       what the running demo, or the deployed one, is doing"
	echo "make bench        figures: resident memory of the programs in a demo of its own"
	echo "make clean        removes what was built, not what was installed"

$(installed): package-lock.json package.json .npmrc
	@echo "installing the npm packages that package-lock.json names (once)"
	npm ci --no-audit --no-fund --loglevel=error </dev/null
	touch $@

demo: $(installed)
	@exec node src/demo/main.ts $(DEMO_FLAGS)

demo-fault: $(installed)
	@exec node src/demo/fault.ts $(FAULT) $(FAULT_FLAGS)

test: $(installed)
	@exec node scripts/test.ts $(TEST_FLAGS)

check: $(installed)
	@exec npm run --silent check

build: $(installed)
	@exec node scripts/build.ts

types: $(installed)
	@exec tsc -b

lint: $(installed)
	@exec npm run --silent lint

gen: $(installed)
	@exec node scripts/gen.ts

images: build
	@deploy/images/build

deploy:
	@kubectl apply -k deploy/kubernetes/overlays/all-in-one
	kubectl -n pg-swarm-system rollout status deployment/pg-swarm-central --timeout=180s
	kubectl -n pg-swarm-system rollout status deployment/pg-swarm-satellite --timeout=180s

status: $(installed)
	@exec node src/demo/status.ts $(STATUS_FLAGS)

bench: $(installed)
	@exec node bench/memory.ts $(BENCH_FLAGS)

clean:
	@rm -rf dist .tsc test-results
