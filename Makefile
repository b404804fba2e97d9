# Everyday commands. `make` alone lists them. Everything that must pass is in .ci/run.

GO       ?= go
FUZZTIME ?= 30s
COUNT    ?= 1
PKG      ?= ./...

# The module proxy does not list its versions, so the ones that can follow are asked for.
phones = github.com/nyaruka/phonenumbers/v2

lint_tool = $(GO) tool -modfile=internal/tools/go.mod golangci-lint

# Each module by itself, as in CI: the modules that only we use are in no workspace.
export GOWORK := off

.DEFAULT_GOAL := help
.PHONY: help test race lint fix fuzz cover bench report examples docs metadata vuln ci

help: ## list these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

test: ## run the tests (PKG=./otptest for some of them)
	$(GO) test $(PKG)

race: ## run the tests with the race detector, in random order (COUNT=10 to repeat)
	$(GO) test -race -shuffle=on -count=$(COUNT) $(PKG)

lint: ## run golangci-lint (the first time it is compiled: about a minute)
	$(lint_tool) run $(PKG)

fix: ## let the linters rewrite what they can, formatting included
	$(lint_tool) run --fix $(PKG)

fuzz: ## run each fuzz target for a while (FUZZTIME=30s)
	@$(GO) list -f '{{.Dir}} {{.ImportPath}}' $(PKG) | while read -r dir pkg; do \
		for target in $$(cat "$$dir"/*_test.go 2>/dev/null | grep -oE '^func Fuzz[A-Za-z0-9_]+' | cut -c6-); do \
			echo "$$pkg $$target"; \
			$(GO) test -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) "$$pkg" || exit 1; \
		done; \
	done

cover: ## show which statements of the client no test reaches
	$(GO) test -coverpkg=.,./internal/transport -coverprofile=cover.out . ./internal/suite/... ./internal/transport
	$(GO) tool cover -func=cover.out | grep -v '100.0%'
	@echo 'in a browser: $(GO) tool cover -html=cover.out'

bench: ## run the benchmarks
	$(GO) test -run='^$$' -bench=. -benchmem $(PKG)
	@if [ -f internal/benchmarks/go.mod ]; then cd internal/benchmarks && $(GO) test -run='^$$' -bench=. -benchmem ./...; fi

report: ## measure beside net/http and resty, and write docs/benchmarks.md (6 minutes)
	$(GO) run -C internal/benchmarks ./cmd/report

examples: ## build every example, and list how to run them
	@export GOWORK=; for dir in $$($(GO) list -f '{{.Dir}}' ./examples/...); do \
		$(GO) build -o /dev/null "$$dir" && echo "$(GO) run ./$${dir#$(CURDIR)/}" || exit 1; \
	done

docs: ## print the documentation of the public packages
	@$(GO) doc -all . && $(GO) doc -all ./otptest

metadata: ## say whether a newer release of phonenumbers is out (needs a network)
	@have=$$($(GO) list -m -f '{{.Version}}' $(phones)); patch=$${have##*.}; minor=$${have%.*}; newer=; \
	for next in $$minor.$$((patch + 1)) $$minor.$$((patch + 2)) $$minor.$$((patch + 3)) $$minor.$$((patch + 4)) $${minor%.*}.$$(($${minor##*.} + 1)).0; do \
		found=$$($(GO) list -m -f '{{.Version}} of {{.Time.Format "2006-01-02"}}' $(phones)@$$next 2>/dev/null) && newer=$$found; \
	done; \
	if [ -z "$$newer" ]; then echo "$$have is the newest release of phonenumbers"; exit; fi; \
	echo "phonenumbers $$newer is out, go.mod has $$have: raise it, and MetadataDate in internal/phone"; exit 1

vuln: ## look for known vulnerabilities in what we link (needs a network)
	$(GO) tool -modfile=internal/tools/go.mod govulncheck $(PKG)

ci: ## run everything that must pass before a change lands
	.ci/run
