# azl on your own machine: runs the bundles that GitHub actions run. `make` alone lists the targets.
# GNU make only dispatches. Order, checks and variables are in the local CLI (cli/src).

define help_text
azl builds an RPM distribution: toolchain, packages, images. In order of use:

  make doctor                                  checks this machine, and says how to fix what it lacks
  make toolchain                               the RPMs that builds start from (UPDATE_LOCK=1 updates their lock)
  make plan                                    plans what would be built, and why: out/plan.json
  make input-srpms                             downloads and checks all sources, packs them: out/SRPMS
  make build-packages PACKAGE_BUILD_LIST=less  builds less and what it needs (no list: all): out/RPMS
  make image                                   builds the packages and the image, and boots it once: out/images
  make run                                     boots the image in this terminal

For your own specs, from your repository with SPECS/<name>/<name>.spec and imageconfigs/*.json:

  make -C ../azl init                          writes what is missing there, with an example; overwrites nothing
  make -C ../azl image                         the same with -f: make -f ../azl/Makefile image
  make -C ../azl image SPECS_DIR=src/SPECS     another folder of specs, with imageconfigs beside it
  make -C ../azl image CONFIG_FILE=my.json     another image
  make -C ../azl signatures                    writes the digests that sources lack (PACKAGE=less: all of less)

When something fails:

  make shell PACKAGE=less                      opens the build root of less after its build failed
  make build-packages DEBUG=1                  logs every key component, cache call and command
  make clean                                   removes what was built (clean-all: also downloads and toolchain)

For a toolchain of RPMs that a manifest lists (TOOLCHAIN_MANIFEST, WORKER_MANIFEST, TOOLCHAIN_ARCHIVE):

  make validate-toolchain                      reports RPMs that are missing, damaged or unsigned, and what they lack
  make check-manifests                         compares the manifest with the specs
  make compress-toolchain                      packs the toolchain: out/toolchain.tar.gz, with its manifests

For work on azl itself:

  make dist                                    builds the bundles that are committed
  make lint                                    checks format, lint rules and types
  make test                                    runs all tests
  make test-full                               the same, with whole runs of the example distribution
  make test-hosts                              runs make image in a fresh Debian 13
  make bench                                   measures make image, writes the figures of the README
  make bench-start                             measures the start-up time of the actions
  make bench-schedule FACTS_DIR=facts          simulates shards on Azure Linux's graph, for docs/shards.md
  make bench-plan FACTS_DIR=facts              measures graph, plan and what follows each build, on that graph
  make bench-tree TREE=../azurelinux           measures specs to graph beside Azure Linux's own tools, for docs/azure-linux.md
  make bench-index FACTS_DIR=facts             measures the size of results in the index and between shards
  make azure-linux TREE=../azurelinux          builds Azure Linux's own specs unchanged, for docs/azure-linux.md
  make act WORKFLOW=nightly                    runs a workflow on this machine (default: nightly, then pull-request)
  make act REPO=../my-distro                   the same with the workflows of your repository
  make publish-trees DIR=build/trees           makes the repositories that workflows name: azl/build-packages@v1 ...

A variable is an action's input in upper case with _, on the command line or in the environment:
SPECS_DIR CONFIG_FILE PACKAGE_BUILD_LIST BUILD_DIR (build) OUT_DIR (out) CACHE_DIR (azl's build/cache)
RUN_CHECK=y CONCURRENT_PACKAGE_BUILDS=2 ... Each action's README lists all of its inputs.
DEBUG=1 works with every target. On the command line, a variable that the target does not take is an error.
endef

# The folder of this file. Make splits its list of makefiles at blanks. If the path has blanks, the list is one path.
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
# With -C, the folder in which the user stands: a shell sets PWD, and make leaves it as it was.
export AZL_PWD := $(value PWD)

local_targets := doctor init toolchain compress-toolchain validate-toolchain check-manifests plan input-srpms build-packages image run shell signatures clean clean-all
dev_targets := dist lint test test-full test-hosts bench bench-start bench-schedule bench-plan bench-tree bench-index azure-linux act publish-trees

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

# Any other name: the CLI suggests the nearest target.
.DEFAULT:
	@sh "$${AZL_HERE}cli/start.sh" '$(subst ','\'',$@)'
