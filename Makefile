# azl on your own machine: the same bundles that run as GitHub actions. `make` alone tells what there is.
# GNU make only dispatches: order, checks and variables are the local CLI's (cli/src).

define help_text
azl builds an RPM distribution: toolchain, packages, images. In order of use:

  make doctor                                  what this machine lacks, and the command that mends it
  make toolchain                               the RPMs that builds start from (UPDATE_LOCK=1 moves their lock)
  make plan                                    what would be built, and why: out/plan.json
  make input-srpms                             fetches and checks all sources, packs them: out/SRPMS
  make build-packages PACKAGE_BUILD_LIST=bash  builds bash and what it needs (no list: all): out/RPMS
  make image                                   all of that, then the image, booted once: out/images
  make run                                     boots the image in this terminal

When something fails, and for your own specs:

  make build-packages SPECS_DIR=/src/SPECS     any folder laid out as <dir>/<name>.spec
  make image CONFIG_FILE=my/image.json         another image
  make shell PACKAGE=bash                      the build root of bash as it failed
  make signatures PACKAGE=bash                 writes the digests of its sources
  make clean                                   removes what was built (clean-all: downloads and toolchain, too)

For work on azl itself:

  make dist                                    builds the bundles that are committed
  make test                                    all tests
  make test-full                               the same with whole runs of the example distribution, too
  make test-hosts                              the main job in a fresh Debian 13
  make bench                                   measures the main job, writes the figures of the README
  make bench-start                             measures how soon an action says something
  make bench-schedule FACTS_DIR=facts          simulates shards on Azure Linux's graph, for docs/shards.md
  make bench-index FACTS_DIR=facts             measures what results weigh in the index and between shards
  make act WORKFLOW=nightly                    runs a workflow here, as GitHub would (no WORKFLOW: it and pull-request)
  make publish-trees DIR=build/trees           makes the repositories that workflows name: azl/build-packages@v1 ...

A variable is an action's input in upper case with _, on the command line or in the environment:
SPECS_DIR CONFIG_FILE PACKAGE_BUILD_LIST BUILD_DIR (build) OUT_DIR (out) CACHE_DIR (build/cache)
RUN_CHECK=y CONCURRENT_PACKAGE_BUILDS=2 ... Each action's README lists all of its inputs.
On the command line, one that has no effect on the target is an error.
endef

# Where this file lies. Make divides its list of makefiles at blanks, which a path may hold: then all of the list is it.
blank := $(subst ,, )
last := $(dir $(lastword $(MAKEFILE_LIST)))
whole := $(dir $(patsubst <blank>%,%,$(subst $(blank),<blank>,$(MAKEFILE_LIST))))
found := $(if $(wildcard $(last)cli/start.sh),$(last),$(whole))
here := $(subst <blank>,$(blank),$(patsubst ./%,%,$(found)))
named := $(foreach v,$(.VARIABLES),$(if $(filter command line,$(origin $v)),$v))

export AZL_HELP := $(value help_text)
export AZL_HERE := $(here)
export AZL_NAMED := $(filter-out -*,$(named))
export AZL_GOALS := $(MAKECMDGOALS)
export SPECS_DIR ?= $(here)examples/distro/SPECS
# Only an image has a config unless one is given: a list of packages is that list.
image: export CONFIG_FILE ?= $(here)examples/distro/imageconfigs/minimal.json

local_targets := doctor toolchain plan input-srpms build-packages image run shell signatures clean clean-all
dev_targets := dist test test-full test-hosts bench bench-start bench-schedule bench-index act publish-trees

.DEFAULT_GOAL := help
.PHONY: help $(local_targets) $(dev_targets)
.NOTPARALLEL:
.SUFFIXES:

help:
	@printf '%s\n' "$$AZL_HELP"

$(local_targets):
	@sh "$${AZL_HERE}cli/start.sh" $@

$(dev_targets):
	@sh "$${AZL_HERE}scripts/start.sh" $@

Makefile: ;

# Whatever else is asked for: the CLI knows the nearest name.
.DEFAULT:
	@sh "$${AZL_HERE}cli/start.sh" '$(subst ','\'',$@)'
