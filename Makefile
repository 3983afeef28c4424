# Short names for the usual jobs. Each sets up what it needs first; CMakePresets.json says how things are built.
#   DIPTYCH_TRAIN=OFF make ...   without libtorch: everything but the trainer
.DEFAULT_GOAL := help
.PHONY: help setup build test demo web-demo ray-test asan tsan readers fuzz complexity bench model lint lint-changes format install clean

export DIPTYCH_TRAIN ?= ON
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
MODEL ?= $(HOME)/.cache/diptych/pictogram/model
CONFIGURE = cmake --log-level=NOTICE --preset

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## install what is missing: Debian packages and libtorch
	@tools/setup

build: setup ## the release build: build/release/bin/diptych
	$(CONFIGURE) release -DDIPTYCH_TRAIN=$(DIPTYCH_TRAIN)
	cmake --build --preset release

test: build ## build and run all tests
	ctest --preset release --parallel $(shell nproc)

demo: ## classify and search the example pictures, write a page with the answers, and one of what fails: no tests, no trainer
	@DIPTYCH_TRAIN=OFF DIPTYCH_PARQUET=OFF tools/setup
	@[ -f build/release/build.ninja ] || $(CONFIGURE) release -DDIPTYCH_TRAIN=OFF
	cmake --build --preset release --target demo
	build/release/bin/demo examples/limits build/limits.html
	build/release/bin/demo examples/pictures build/demo.html
	@echo; echo "Building the program as well:"
	cmake --build --preset release --target diptych
	@echo "The pages are build/demo.html and build/limits.html, the program is build/release/bin/diptych"

web-demo: ## crawl a small web on this machine, curate it, train on it: balanced against unbalanced; build/web-demo
	@tools/setup
	$(CONFIGURE) release -DDIPTYCH_TRAIN=ON
	cmake --build --preset release --target diptych
	rm -rf build/web-demo
	examples/web_demo/run build/web-demo

ray-test: ## test the driver for Ray clusters (integrations/ray) on two nodes on this machine (300 MB of packages)
	@tools/setup bench
	$(CONFIGURE) release -DDIPTYCH_TRAIN=$(DIPTYCH_TRAIN)
	cmake --build --preset release --target diptych
	python3 -m venv build/ray
	build/ray/bin/pip install --quiet --requirement integrations/ray/requirements.txt
	build/ray/bin/python integrations/ray/test_driver.py build/release/bin/diptych

asan: ## build and run all tests with the address and undefined-behaviour sanitizers
tsan: ## build and run all tests with the thread sanitizer
asan tsan:
	@DIPTYCH_TRAIN=OFF DIPTYCH_PARQUET=OFF tools/setup
	$(CONFIGURE) $@
	cmake --build --preset $@
	ctest --preset $@ --parallel $(shell nproc)

readers: ## run every reader on its corpus and mutations of it, with the address and undefined-behaviour sanitizers
	@DIPTYCH_TRAIN=OFF DIPTYCH_PARQUET=OFF tools/setup
	$(CONFIGURE) asan
	cmake --build --preset asan --target fuzzers
	ctest --preset asan --label-regex fuzz --parallel $(shell nproc)

fuzz: ## run every fuzz target for FUZZ_SECONDS (default 60) with libFuzzer
	@DIPTYCH_TRAIN=OFF DIPTYCH_PARQUET=OFF tools/setup fuzz
	$(CONFIGURE) fuzz -DDIPTYCH_FUZZ_SECONDS=$(FUZZ_SECONDS)
	cmake --build --preset fuzz
	ctest --preset fuzz

complexity: setup ## time every reader on 1, 10 and 100 times its input, for minutes
	$(CONFIGURE) release -DDIPTYCH_TRAIN=$(DIPTYCH_TRAIN)
	cmake --build --preset release --target complexity

bench: build ## compare the speed with PyTorch, ONNX Runtime and OpenVINO, side by side (1.5 GB of packages)
	@tools/setup bench
	python3 -m venv build/bench
	build/bench/bin/pip install --quiet --requirement bench/peers/requirements.txt
	build/bench/bin/python bench/peers/compare.py build/release/bin/peers_towers

model: build ## make the embedded model again: packages, data, hours of training, measurement
	models/pictogram/recipe
	models/pictogram/measure --model $(MODEL)

lint: ## check formatting, layers, sizes, contracts, links, who parses JSON, and names
lint-changes: ## the same, with names only in what changed since origin/main, or in the last commit
lint lint-changes:
	@tools/setup lint
	$(CONFIGURE) release -B build/lint -DDIPTYCH_TRAIN=$(DIPTYCH_TRAIN) -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DDIPTYCH_UNITY=OFF
	tools/check_format
	tools/check_layers
	tools/check_sizes
	tools/check_contracts
	tools/check_json
	tools/check_links
	tools/check_names build/lint $(if $(filter lint-changes,$@),--changed)

format: ## format all sources in place
	@tools/setup lint
	tools/check_format --fix

install: build ## install the program, library and headers under PREFIX (default /usr/local)
	cmake --install build/release --prefix $(PREFIX)

clean: ## remove what was built
	rm -rf build
