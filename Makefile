# The commands of everyday use. `make help` lists them.
.DEFAULT_GOAL := help
# The commands for real pods have a default of their own.
DEV := $(if $(STACK),--stack "$(STACK)")
STACK ?= dev
TARGET = $(if $(CONTEXT),--context "$(CONTEXT)",--stack "$(STACK)")

# npm scripts run with the same Node and packages as bin/terrarium.
NPM = TERRARIUM_CHECKOUT="$(CURDIR)" && . "$(CURDIR)/bin/bootstrap" && npm run --silent

.PHONY: help up down status preview platform-local platform platform-uninstall images bootstrap-dev cleanup-dev dev-status test-integration-dev test bench lint format docs

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  STACK=dev|staging|prod chooses the stack (now: $(STACK))"

up: ## bring the environment up: tools, cluster, resources
	@bin/terrarium up --stack "$(STACK)"

down: ## remove the environment, and the local cluster with its last stack
	@bin/terrarium down --stack "$(STACK)"

status: ## show what runs where
	@bin/terrarium status --stack "$(STACK)"

preview: ## show what `make up` would change
	@bin/terrarium preview --stack "$(STACK)"

platform-local: ## preview environments on a local cluster: the platform service on this machine
	@bin/terrarium platform local --stack "$(STACK)" $(CONFIG:%=--config "%")

platform: ## install the platform service into the stack's cluster, or CONTEXT=
	@bin/terrarium platform install $(TARGET) $(CONFIG:%=--config "%")

platform-uninstall: ## remove it
	@bin/terrarium platform uninstall $(TARGET)

images: ## make the images of a stack without a registry
	@bin/terrarium images $(DEV)

bootstrap-dev: ## real pods on this machine: cluster, images, stack, ports
	@bin/terrarium bootstrap-dev $(DEV)

dev-status: ## show them, and the ports
	@bin/terrarium dev-status $(DEV)

test-integration-dev: ## test the running stack
	@bin/terrarium test-integration-dev $(DEV)

cleanup-dev: ## remove them
	@bin/terrarium cleanup-dev $(DEV)

test: ## types, lint, dependency rules, unit and engine tests
	@$(NPM) test

bench: ## measure against kubectl in one run
	@$(NPM) bench

lint: ## types, lint and dependency rules
	@$(NPM) lint

format: ## format all files
	@$(NPM) format

docs: ## generate docs/reference from the schema
	@$(NPM) docs
