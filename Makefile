# SPDX-License-Identifier: Apache-2.0
# The commands of this repository. All that they do stands in Scripts/.

# Warnings are errors, and an import that the manifest does not name is one too. The flags are
# here and not in the manifest, where they would bind everyone who embeds the libraries.
export SWIFT_FLAGS = -Xswiftc -warnings-as-errors --explicit-target-dependency-import-check error

.DEFAULT_GOAL := help
.PHONY: help deps build test contract live-crash live-crash-full demo bench dist package-test docs lint format clean experiments history soak teeth

help: ## says what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

deps: ## installs what is missing by apt, after saying what and why
	@Scripts/deps

build: ## builds programs and tests (debug; demo and test share it)
	@Scripts/build

test: ## lint, build, all tests, the live ones on a make-believe host
	@Scripts/test

soak: ## 200,000 crash runs of the simulated campus, in release (an hour; SEEDS= or MINUTES= end it earlier, SEED= tells one)
	@Scripts/soak

teeth: ## plants known bugs into a copy and counts those that the tests find (a build, then some minutes)
	@Scripts/teeth

contract: ## 20,000 requests of a stranger's tool against a running daemon, after make build (eight minutes)
	@Scripts/contract 20000

live-crash: ## real lyceumd, real QEMU, dies once at each crash point, after make build (an hour; goes on where it stopped)
	@Scripts/live-crash once

live-crash-full: ## the same three times (three hours; an hour a call unless LYCEUM_LIVE_CRASH_MINUTES says more)
	@Scripts/live-crash full

experiments: ## breaks things at a real lyceumd with real machines and asks witnesses from outside (root; half an hour)
	@Scripts/experiments

history: ## 64 clients at a manager that is killed all the time; a checker reads what they were answered (five to ten minutes)
	@Scripts/history

demo: ## the whole story on real machines; SIM=1: simulated, without root
	@Scripts/demo

bench: ## measures against floors of the same run
	@Scripts/bench

dist: ## makes .deb packages in build/dist (a release build: ten minutes and more)
	@Scripts/dist

package-test: ## a bare Debian, the packages of make dist, README's five lines: timed
	@Scripts/package-test

docs: ## the reference of the libraries (DocC) in .build/docs, after make build
	@Scripts/docs

lint: ## format, house rules, scripts
	@Scripts/lint

format: ## puts the format right
	@Scripts/format

clean: ## removes what was built
	@rm -rf .build .build-dist build
