# What a person types; Maven does the work. Every target sets the machine up first (scripts/setup).

PREFIX ?= /usr/local
DESTDIR ?=

# Quiet unless something is wrong; the tests show their progress.
level := -Dorg.slf4j.simpleLogger.log.org.apache.maven.plugin
maven := scripts/with-jdk mvn -Dstyle.color=never -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
	$(level)s.dependency=error
verify := $(maven) verify $(level).surefire=info
sources := $(shell find pom.xml .mvn */pom.xml */src/main -type f)

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r target text; do \
		printf 'make %-10s %s\n' "$$target" "$$text"; done

.PHONY: demo
demo: ## trace a leaking example server and draw two flame graphs into demo/
	@scripts/bpf-permitted
	@$(MAKE) --no-print-directory build
	@scripts/demo

.PHONY: build
build: app/target/built ## install what is missing, compile, and prepare bin/memstacks and bin/flamegraph
	@scripts/archive

app/target/built: $(sources)
	@scripts/setup
	@! command -v clang-format-19 >/dev/null || scripts/format-c check
	@echo 'building memstacks'
	@$(maven) package -DskipTests
	@touch $@

.PHONY: test
test: ## every test, those on the live kernel included, in at most 15 minutes
	@scripts/setup test
	@scripts/format-c check
	@$(MAKE) --no-print-directory build
	@touch app/target/test-started
	@scripts/bpf-permitted || [ "$${CI:-}" != true ]
	@$(verify) -DexcludedGroups=slow $(attach) || { scripts/test-report app/target/test-started; exit 1; }
	@scripts/test-report app/target/test-started

.PHONY: check-all
check-all: attach := -Dattach=each
check-all: test ## the tests, the slow ones and every way of attaching too, and memstacks against programs that know the truth, five times
	@scripts/setup check
	@touch app/target/test-started
	@$(verify) -Dgroups=slow -Dsurefire.failIfNoSpecifiedTests=false
	@$(verify) -Dtest='UnwindFuzzTest,SymbolFuzzTest,MapsFuzzTest' -Dfuzz.iterations=1000000 \
		-Dsurefire.failIfNoSpecifiedTests=false
	@scripts/test-report app/target/test-started
	@$(MAKE) --no-print-directory -C app/src/test/c OUT=$(CURDIR)/app/target/c check
	@scripts/archive
	@scripts/accuracy 5
	@scripts/programs

.PHONY: bench
bench: ## what probes and pictures cost, beside other tools (docs/performance.md); about 8 minutes
	@scripts/setup bench
	@scripts/bpf-permitted
	@$(MAKE) --no-print-directory build
	@$(maven) test-compile
	@scripts/bench
	@scripts/bench-flamegraph

.PHONY: format
format: ## format the sources
	@scripts/setup
	@$(maven) spotless:apply
	@scripts/format-c

.PHONY: install
install: build ## install below PREFIX (default /usr/local; DESTDIR for packagers)
	@scripts/install '$(DESTDIR)' '$(PREFIX)'

.PHONY: clean
clean: ## remove everything that was built
	@rm -rf */target examples/*/build demo
