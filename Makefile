# Everyday commands. `make` alone lists them. Everything that must pass is in .ci/run.

GO       ?= go
FUZZTIME ?= 30s
COUNT    ?= 1
PKG      ?= ./...

lint_tool = $(GO) tool -modfile=tools/go.mod golangci-lint

.DEFAULT_GOAL := help
.PHONY: help test race lint fix fuzz cover bench report examples docs vuln ci

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
	@if [ -f benchmarks/go.mod ]; then cd benchmarks && $(GO) test -run='^$$' -bench=. -benchmem ./...; fi

report: ## measure beside net/http and resty, and write docs/benchmarks.md (6 minutes)
	$(GO) run -C benchmarks ./cmd/report

examples: ## build every example, and list how to run them
	@for dir in $$($(GO) list -f '{{.Dir}}' ./examples/...); do \
		$(GO) build -o /dev/null "$$dir" && echo "$(GO) run ./$${dir#$(CURDIR)/}" || exit 1; \
	done

docs: ## print the documentation of the public packages
	@$(GO) doc -all . && $(GO) doc -all ./otptest

vuln: ## look for known vulnerabilities in what we link (needs a network)
	$(GO) tool -modfile=tools/go.mod govulncheck $(PKG)

ci: ## run everything that must pass before a change lands
	.ci/run
