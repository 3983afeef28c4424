# Short names for the usual jobs. Each sets up what it needs first; CMakePresets.json says how things are built.
#   DIPTYCH_TRAIN=OFF make ...   without libtorch: everything but the trainer
.DEFAULT_GOAL := help
.PHONY: help setup build test demo asan tsan fuzz bench lint format model install clean

export DIPTYCH_TRAIN ?= ON
PREFIX ?= /usr/local
CONFIGURE = cmake --log-level=NOTICE --preset

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## install what is missing: Debian packages and libtorch
	@tools/setup

build: setup ## the release build: build/release/bin/diptych
	$(CONFIGURE) release -DDIPTYCH_TRAIN=$(DIPTYCH_TRAIN)
	cmake --build --preset release

test: build ## build and run all tests
	ctest --preset release

demo: build ## classify and search the example pictures, and write a page with the answers

asan: ## build and run all tests with the address and undefined-behaviour sanitizers
tsan: ## build and run all tests with the thread sanitizer
asan tsan:
	@DIPTYCH_TRAIN=OFF tools/setup
	$(CONFIGURE) $@
	cmake --build --preset $@
	ctest --preset $@

lint: ## check formatting, names and layers
	@tools/setup lint
	$(CONFIGURE) release -DDIPTYCH_TRAIN=$(DIPTYCH_TRAIN)
	tools/check_layers

format: ## format all sources in place
	@tools/setup lint
	tools/check_format --fix

install: build ## install the program, library and headers under PREFIX (default /usr/local)
	cmake --install build/release --prefix $(PREFIX)

clean: ## remove what was built
	rm -rf build
