# The commands of everyday use. `make help` lists them.
.DEFAULT_GOAL := help
STACK ?= dev

# npm scripts run with the same Node and packages as bin/terrarium.
NPM = TERRARIUM_CHECKOUT="$(CURDIR)" && . "$(CURDIR)/bin/bootstrap" && npm run --silent

.PHONY: help up down status preview test bench lint format docs

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  STACK=dev|staging|prod chooses the stack (now: $(STACK))"

up: ## bring the environment up: tools, cluster, resources
	@bin/terrarium up --stack "$(STACK)"

down: ## remove the environment, and the local cluster with its last stack
	@bin/terrarium down --stack "$(STACK)"

status: ## show what runs where
	@bin/terrarium status --stack "$(STACK)"

preview: ## show what `make up` would change
	@bin/terrarium preview --stack "$(STACK)"

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
