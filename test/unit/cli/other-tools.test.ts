import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readActions } from '../../../cli/src/action-file.ts';
import {
  answerToTarget,
  answerToVariable,
  otherTargets,
  otherVariables,
} from '../../../cli/src/other-tools.ts';
import { allTargets } from '../../../cli/src/targets.ts';
import { knownVariables } from '../../../cli/src/variables.ts';
import { repository } from '../../../scripts/build-dist.ts';
import { longSentences } from '../../support/prose-rules.ts';

const known = [...knownVariables(readActions(join(repository, 'actions'))).keys()];

/** The variables of Azure Linux's toolkit, in the order of its Makefile. Those that azl has are known. */
const toolkit = `CONFIG_FILE CONFIG_BASE_DIR PACKAGE_BUILD_LIST PACKAGE_REBUILD_LIST PACKAGE_IGNORE_LIST
  SOURCE_AUTH_MODE SRPM_PACK_LIST TEST_RUN_LIST TEST_RERUN_LIST TEST_IGNORE_LIST EXTRA_MACROS_FILES
  INCREMENTAL_TOOLCHAIN ALLOW_TOOLCHAIN_DOWNLOAD_FAIL UPDATE_TOOLCHAIN_LIST REBUILD_PACKAGES
  DOWNLOAD_SRPMS ALLOW_SRPM_DOWNLOAD_FAIL REBUILD_TOOLS RUN_CHECK USE_PREVIEW_REPO DISABLE_UPSTREAM_REPOS
  DISABLE_DEFAULT_REPOS REPO_SNAPSHOT_TIME TOOLCHAIN_CONTAINER_ARCHIVE TOOLCHAIN_ARCHIVE
  TOOLCHAIN_SOURCES_ARCHIVE CACHE_DIR PACKAGE_CACHE_SUMMARY IMAGE_CACHE_SUMMARY INITRD_CACHE_SUMMARY
  PACKAGE_ARCHIVE PACKAGE_BUILD_RETRIES CHECK_BUILD_RETRIES EXTRA_BUILD_LAYERS MAX_CASCADING_REBUILDS
  REFRESH_WORKER_CHROOT CONCURRENT_PACKAGE_BUILDS NUM_OF_ANALYTICS_RESULTS CLEANUP_PACKAGE_BUILDS
  USE_PACKAGE_BUILD_CACHE REBUILD_DEP_CHAINS HYDRATED_BUILD DELTA_BUILD DELTA_FETCH PRECACHE TARGET_ARCH
  ALLOW_TOOLCHAIN_REBUILDS RESOLVE_CYCLES_FROM_UPSTREAM IGNORE_VERSION_TO_RESOLVE_SELFDEP
  CACHED_PACKAGES_ARCHIVE USE_CCACHE BUILD_TOOLS_NONPROD LICENSE_CHECK_MODE MAX_CPU SPECS_DIR BUILD_DIR OUT_DIR
  CCACHE_DIR LOGS_DIR PKGBUILD_DIR CACHED_RPMS_DIR CHROOT_DIR IMAGEGEN_DIR RPMS_DIR SRPMS_DIR IMAGES_DIR
  SSH_KEY_FILE SOURCE_URL PACKAGE_URL_LIST REPO_LIST SRPM_URL_LIST VALIDATE_TOOLCHAIN_GPG VALIDATE_IMAGE_GPG
  CA_CERT TLS_CERT TLS_KEY LOG_LEVEL LOG_COLOR STOP_ON_WARNING STOP_ON_PKG_FAIL STOP_ON_FETCH_FAIL
  PACKAGE_BUILD_TIMEOUT QUICK_REBUILD QUICK_REBUILD_PACKAGES QUICK_REBUILD_TOOLCHAIN SRPM_FILE_SIGNATURE_HANDLING
  CLEAN_TOOLCHAIN_CONTAINERS UNATTENDED_INSTALLER IMAGE_TAG BUILD_NUMBER RELEASE_VERSION RELEASE_MAJOR_ID
  DIST_TAG DIST_NAME_ABRV TOOLCHAIN_MANIFEST DAILY_BUILD_ID`.split(/\s+/);

const variables = otherVariables.flatMap(([names]) => names.split(' '));

describe('variables of other tools', () => {
  it.each(toolkit)('%s of the toolkit is known or has an answer', (name) => {
    expect(known.includes(name)).toBe(answerToVariable(name) === undefined);
  });

  it('are none of azl, each once, and no answer to a typo', () => {
    expect(variables.filter((name) => known.includes(name))).toEqual([]);
    expect(new Set(variables).size).toBe(variables.length);
    expect(answerToVariable('REBUILD_TOOL')).toBeUndefined();
    expect(answerToVariable('')).toBeUndefined();
  });

  it('have answers in short sentences, which name variables and targets that are there', () => {
    for (const [, answer] of [...otherVariables, ...otherTargets]) {
      expect(answer).toMatch(/^[A-Za-z].*\.$/);
      expect(longSentences('answer', answer, 30)).toEqual([]);
      // PACKAGE_LIMITS, not RPM or NO_COLOR of the environment.
      const named = answer.match(/\b(?!NO_COLOR|NODE_EXTRA)[A-Z]+_[A-Z_]+\b/g) ?? [];
      expect(named.filter((name) => !known.includes(name))).toEqual([]);
      const targets = [...answer.matchAll(/\bmake ([a-z-]+)/g)].map(([, name]) => name);
      expect(targets.filter((name) => !allTargets().includes(name as string))).toEqual([]);
    }
  });
});

describe('targets of other tools', () => {
  it.each([
    ['go-tools', /^The tools of azl/],
    ['go-imager', /^The tools of azl/],
    ['iso', /no installer/],
    ['clean-toolchain', /^make clean removes/],
    ['compress-rpms', /OUT_DIR/],
    ['printvar-DIST_TAG', /DIST_TAG/],
    ['qemu', /^make run/],
  ])('%s has an answer', (name, answer) => {
    expect(answerToTarget(name)).toMatch(answer);
  });

  it('are none of azl', () => {
    const names = otherTargets.flatMap(([some]) => some.split(' '));
    expect(names.filter((name) => allTargets().includes(name))).toEqual([]);
    for (const name of ['', 'imag', 'clea', 'toolchian']) expect(answerToTarget(name)).toBeUndefined();
  });
});
