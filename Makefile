# What CI runs is `make test`; `make help` lists everything.

GO          ?= go
FUZZTIME    ?= 3s
# The seed of the random tests. One seed makes a run of "make test" the same as
# the last one; SEED=0 draws a new one. RAPID_SEED is read by the test library.
SEED        ?= 20261129
SHUFFLE     := $(if $(filter 0,$(SEED)),on,$(SEED))
# How many random schedules each of four tests side by side plays.
SCHEDULES   ?= 500
RELEASE     := -trimpath -tags urfave_cli_no_docs -ldflags="-s -w -buildid="
STATICCHECK := $(GO) tool -modfile=tools/go.mod staticcheck
# Half of the tests' CPU was the garbage collector's. With this goal it runs less often.
MANY        := GOGC=400
FOLDERS     := $(wildcard cmd internal pkg schemas test)
PACKAGES    := ./...
# The race detector needs a C compiler; without one the tests run without it.
RACE        := $(shell command -v "$$($(GO) env CC | cut -d' ' -f1)" >/dev/null 2>&1 && echo -race)

# The packages that start goroutines: "make test" runs these with the race detector,
# and "make test-long" runs all. A test of internal/archtest holds the list.
CONCURRENT := ./internal/cli ./internal/emulatorserver ./internal/screen ./pkg/apply ./pkg/client ./pkg/compile ./pkg/emulator ./pkg/lint ./pkg/live
# Their tests of many cases that no other goroutine sees run without the detector.
WIDE := TestFaults$$|UnderFaults$$|TestEachPlaceOfAReference|TestAReferenceStandsForItsValue|TestNullAndEmptyMeanTheSame|TestCorpus|TestWorkGrowsAsTheInput|TestLinearInFindings

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help build test format vet-here staticcheck systems test-long test-soak demo record bench lint fmt check vet fuzz mutants precommit vuln test-modules test-editor test-browser test-terraform test-release release size

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/buildsync
	$(GO) build -trimpath -o bin/buildsync ./cmd/buildsync

# A random test that fails looks a few seconds for a smaller failure, and its garbage stays bounded.
test test-long test-soak: export RAPID_SHRINKTIME = 5s
test test-long test-soak: export GOMEMLIMIT = 2GiB
test: export RAPID_SEED = $(SEED)
# One build of each package serves the tests, staticcheck and the release that is
# built twice: paths are trimmed everywhere, and only the race detector has cgo.
test: export GOFLAGS := $(shell $(GO) env GOFLAGS) -trimpath
test: export CGO_ENABLED = 0
test: format vet-here staticcheck systems build test-modules test-editor test-release ## everything CI checks: format, vet, staticcheck, build, all tests
	@test -n "$(RACE)" || echo "no C compiler: the race detector is off"
	$(GO) test -tags failpoint -run KilledAtEvery ./pkg/apply
	$(MANY) $(GO) test -tags long -timeout 30m -run RandomSchedules ./pkg/apply -rapid.checks=$(SCHEDULES)
	CGO_ENABLED=$(if $(RACE),1,0) $(MANY) $(GO) test $(RACE) -shuffle=$(SHUFFLE) -timeout 30m -skip '$(WIDE)' $(CONCURRENT)
	$(MANY) $(GO) test -shuffle=$(SHUFFLE) -timeout 30m -run '$(WIDE)' $(CONCURRENT)
	$(MANY) $(GO) test -shuffle=$(SHUFFLE) -timeout 30m ./pkg/export -rapid.checks=40
	$(MANY) $(GO) test -p 4 -shuffle=$(SHUFFLE) -timeout 30m ./cmd/buildsync ./test/faults \
		$$($(GO) list $(PACKAGES) | grep -v $(CONCURRENT:./%=-e /%$$) -e /pkg/export$$)

test-soak: ## a million random schedules of applies, faults and kills: hours
	$(MANY) $(GO) test -v -tags long -timeout 24h -run RandomSchedules ./pkg/apply -rapid.checks=250000

test-long: fuzz ## what make test leaves out for its time: the counts of docs/benchmarks.md, half an hour
	$(MANY) $(GO) test -tags long -timeout 60m -run RandomSchedules ./pkg/apply -rapid.checks=7500
	$(MANY) $(GO) test -tags long -timeout 30m -run 'Interleavings|EveryRequest' ./pkg/apply -rapid.checks=2000
	$(GO) test -tags long -run Histories ./cmd/buildsync
	$(GO) test $(RACE) -shuffle=on -timeout 60m $(PACKAGES)
	$(GO) test -tags long -run ForLong ./pkg/emulator
	$(GO) test -tags long -shuffle=on -count=1 -timeout 60m ./test/faults ./pkg/export ./pkg/compile ./internal/yamltext ./internal/yamledit
	$(GO) test -count=1 -timeout 30m ./pkg/apply -rapid.checks=2000 -run 'RandomFaults|ApplyThenPlan'

check: format vet staticcheck ## gofmt, go vet for every system, staticcheck

format:
	@unformatted=$$(gofmt -l $(FOLDERS)); \
	test -z "$$unformatted" || { echo "not gofmt-ed (make fmt):"; echo "$$unformatted"; exit 1; }

staticcheck:
	$(STATICCHECK) $(PACKAGES)

vet: vet-here ## go vet, tests included, for this system, Windows and macOS
	GOOS=windows GOARCH=amd64 $(GO) vet $(PACKAGES)
	GOOS=darwin GOARCH=arm64 $(GO) vet $(PACKAGES)

vet-here:
	$(GO) vet -tags long,browser,failpoint $(PACKAGES)

# What "make test" does instead of vet for the other systems: vet compiles every
# package for each of them, four minutes of CPU on a machine that never did.
systems: ## all packages and tests are valid Go on Windows and macOS
	$(GO) -C tools/systems test .
	$(GO) -C tools/systems run . "$(CURDIR)" windows/amd64 darwin/arm64

# What a mutation run covers: the packages whose rules every stage relies on.
MUTANTS ?= ./pkg/sanitize ./pkg/jsontree ./pkg/client/signer ./pkg/diff

mutants: export RAPID_SEED = $(SEED)
mutants: ## change one condition at a time and list the changes that no test notices: an hour
	$(GO) -C tools/mutants run . $(MUTANTS)

precommit: ## commits that must pass the hooks and commits that must not, with the real pre-commit program
	test/precommit/cases.sh

vuln: ## known faults of the libraries, where the database can be reached
	@$(GO) tool -modfile=tools/go.mod govulncheck $(PACKAGES) || { \
		test "$$?" = 3 && exit 1; echo "govulncheck: not run: its database cannot be reached"; }

fuzz: ## run every fuzz target for FUZZTIME (default 3s)
	@GO="$(GO)" FUZZTIME="$(FUZZTIME)" sh tools/fuzz.sh

test-modules: ## the tests that live in modules of their own (test/*), such as the official SDK as judge
	@for module in test/*/go.mod; do \
		test -f "$$module" || continue; \
		echo "$$module"; \
		(cd "$$(dirname "$$module")" && $(GO) vet ./... && $(GO) test ./...) || exit 1; \
	done

test-editor: ## the YAML language server against the published schema, where node and npm are
	@GO="$(GO)" sh test/editor/run.sh

test-terraform: build ## OpenTofu with the vendor's provider against the emulator, where TOFU= and PROVIDER= name both binaries
	@BUILDSYNC="$(CURDIR)/bin/buildsync" TOFU="$(TOFU)" PROVIDER="$(PROVIDER)" sh test/terraform/run.sh

test-browser: ## the pages of a plan and of the emulator in Chromium, where there is one
	@if command -v chromium >/dev/null 2>&1; then $(GO) test -count=1 -tags browser -run TestInBrowser ./pkg/diff/render ./pkg/emulator; \
	else echo "browser check: not run: no chromium"; fi

demo: build ## what buildsync does that others do not, in a minute, against the built-in emulator
	@BUILDSYNC="$(CURDIR)/bin/buildsync" sh tools/demo.sh

record: build ## docs/demo.svg: make demo as a moving picture, for the README
	@BUILDSYNC="$(CURDIR)/bin/buildsync" $(GO) -C tools/record run . -out "$(CURDIR)/docs/demo.svg" sh "$(CURDIR)/tools/demo.sh"

bench: ## all Go benchmarks, once
	$(GO) test -run '^$$' -bench . -benchtime 1x $(PACKAGES)

# What the measurements compare with; ACTIONLINT= leaves the comparison out.
ACTIONLINT_VERSION ?= v1.7.12
ACTIONLINT         ?= dist/bench/actionlint
MEASURE             = $(GO) run ./test/bench -buildsync dist/buildsync

dist/bench/actionlint:
	GOBIN="$(CURDIR)/dist/bench" $(GO) install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)

bench-cli: size $(ACTIONLINT) ## what a start costs, and lint of one file
	$(MEASURE) -actionlint "$(ACTIONLINT)" cli

bench-lint: size $(ACTIONLINT) ## lint of 10,000 definitions, cold and warm
	$(MEASURE) -actionlint "$(ACTIONLINT)" lint

bench-policy: size ## lint of 10,000 jobs with and without 30 policies; fails above the bar
	$(MEASURE) policy

bench-bulk: size ## query and set over 10,000 jobs, beside compile
	$(MEASURE) bulk

bench-plan: size ## apply and plan of 1,000 jobs over 20 ms of latency, beside a client of the official SDK
	cd test/sdk && $(GO) build -o ../../dist/bench/naive ./naive
	$(MEASURE) -naive dist/bench/naive plan

bench-peers: size ## plan of 1,000 jobs beside OpenTofu with the vendor's provider: TOFU= and PROVIDER= name both binaries
	$(MEASURE) -tofu "$(TOFU)" -provider "$(PROVIDER)" peers

bench-throttle: size ## plan on servers that refuse more than so many calls: a quarter of an hour
	$(MEASURE) throttle

bench-scale: size ## apply and plan of 1,000 and of 10,000 jobs
	$(MEASURE) scale

bench-emulator: size ## requests a second on one core, and starting with 10,000 jobs
	GOMAXPROCS=1 $(GO) test -run '^$$' -bench 'Query|List' ./pkg/emulator
	$(MEASURE) emulator

lint: build ## go vet and staticcheck on the code, buildsync lint on the examples
	$(GO) vet $(PACKAGES)
	$(STATICCHECK) $(PACKAGES)
	@for workspace in examples/*/buildsync.yaml; do \
		echo "buildsync lint $$(dirname "$$workspace")"; \
		bin/buildsync -C "$$(dirname "$$workspace")" lint || exit 1; \
	done

fmt: ## gofmt all Go files
	gofmt -w $(FOLDERS)

# Where the archives of a release will be, for the manifests; @VERSION@ stands for
# the version, which comes from the last tag of Git.
RELEASE_URL ?= https://github.com/buildsync/buildsync/releases/download/v@VERSION@

# What the OCI image is laid over: nothing, or an image with Git and a shell, as
# NAME@sha256:… of a registry or oci:FOLDER of an OCI layout.
BASE ?=

release: ## dist/release: archives for each system, an OCI image, checksums, SBOMs, Homebrew and Scoop manifests
	$(GO) -C tools/release build -o "$(CURDIR)/bin/release" .
	bin/release -go "$(GO)" -out dist/release -url "$(RELEASE_URL)" -base "$(BASE)"

test-release: ## build a release twice, compare the bytes, install it; compare docs/demo.svg with a new recording
	$(GO) -C tools/release vet .
	$(GO) -C tools/release test -count=1 .
	$(GO) -C tools/record vet .
	$(GO) -C tools/record test -count=1 .

size: ## the size of a release binary, and how long it takes to build
	@mkdir -p dist
	@start=$$(date +%s); CGO_ENABLED=0 $(GO) build $(RELEASE) -o dist/buildsync ./cmd/buildsync && \
		echo "built in $$(($$(date +%s) - start)) s"
	@ls -l dist/buildsync | awk '{ printf "dist/buildsync: %.1f MB\n", $$5 / 1e6 }'
	@$(GO) version -m dist/buildsync | awk '$$1 == "dep" { n++ } END { printf "%d linked modules\n", n }'
