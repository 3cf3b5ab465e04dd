const reuse =
  'azl always reuses what did not change in content, and builds again only what the change reaches.';
const noTools = 'The tools of azl are ready to use: nothing has to be built for them.';
const builds = 'Builds use the toolchain and your specs, never a repository.';
const images = `${builds} For packages of images, list .repo files in REPO_LIST.`;
const toolchain =
  'TOOLCHAIN_MODE says what the toolchain is made of: a manifest of RPMs, an archive of them, or packages of this machine.';
const sources = 'Each source has a digest in a .signatures.json file, and make input-srpms packs all SRPMs.';
const checks = 'RUN_CHECK=y runs the %check of each package that PACKAGE_BUILD_LIST names.';
const native =
  'azl builds for the architecture of the machine: use one of the other architecture. TARGET_ARCH is for make plan alone.';
const folders = 'Folders below BUILD_DIR and OUT_DIR have fixed names.';
const locked = 'The lock of the toolchain and the keys of packages already fix all that a build has.';
const identity = 'DIST_TAG, DIST_NAME_ABRV and RELEASE_MAJOR_ID name the distribution and its version.';
const cycles = 'BREAK_CYCLES names packages that their own needs take from the toolchain.';
const packed = 'RPMs need no archive: OUT_DIR and CACHE_DIR can be copied and used as they are.';
const analysis = 'make plan writes the reason and the needs of each package to plan.json.';
const licences = 'azl checks no licences: image.json names that of each package.';
const noInstaller = 'azl makes disk images, and no installer for one: make image.';
const list = 'PACKAGE_BUILD_LIST names the packages, by spec or RPM name.';

/** Sentences by the names of variables, above all those of Azure Linux's toolkit. */
export const otherVariables: readonly (readonly [names: string, answer: string])[] = [
  ['SRPM_PACK_LIST', `${list} make input-srpms packs them and all that they need.`],
  ['SPEC SPECS SPEC_FILE PKG PACKAGES PACKAGE_LIST BUILD_LIST', list],
  ['PACKAGE_IGNORE_LIST', `${list} A package that another one needs is always built or reused.`],
  ['TEST_RUN_LIST TEST_IGNORE_LIST', checks],
  ['TEST_RERUN_LIST', `${checks} A check runs again when something that reaches it changed.`],
  ['CHECK_BUILD_RETRIES PACKAGE_BUILD_RETRIES', 'A build that failed is not repeated: the log says why.'],
  ['WITH_CHECK CHECK', checks],
  ['PACKAGE_BUILD_TIMEOUT TIMEOUT', 'PACKAGE_LIMITS sets limits: `*: seconds=28800`.'],
  ['STOP_ON_PKG_FAIL KEEP_GOING', 'After a failure, azl builds all that does not need the failed package.'],
  ['STOP_ON_WARNING STOP_ON_FETCH_FAIL', 'Whatever a build lacks is an error, and no warning.'],
  ['REBUILD_TOOLS BUILD_TOOLS_NONPROD TOOLS_DIR TOOL_BINS_DIR TOOLKIT_BINS_DIR PKGGEN_DIR', noTools],
  ['INCREMENTAL_TOOLCHAIN ALLOW_TOOLCHAIN_DOWNLOAD_FAIL', toolchain],
  ['TOOLCHAIN_CONTAINER_ARCHIVE TOOLCHAIN_SOURCES_ARCHIVE CLEAN_TOOLCHAIN_CONTAINERS', toolchain],
  ['UPDATE_TOOLCHAIN_LIST', 'UPDATE_LOCK=y updates the lock of the toolchain: make toolchain.'],
  [
    'ALLOW_TOOLCHAIN_REBUILDS',
    'A spec is built whose RPMs the toolchain lacks, by file name, or that PACKAGE_REBUILD_LIST names.',
  ],
  [
    'VALIDATE_IMAGE_GPG IMAGE_GPG_VALIDATION_KEYS',
    'gpgcheck and gpgkey in the .repo files of REPO_LIST decide on signatures.',
  ],
  ['REBUILD_PACKAGES DELTA_BUILD DELTA_FETCH HYDRATED_BUILD PRECACHE PRECACHER_SNAPSHOT', reuse],
  ['QUICK_REBUILD QUICK_REBUILD_PACKAGES QUICK_REBUILD_TOOLCHAIN REBUILD_DEP_CHAINS', reuse],
  ['PRECACHER_NON_FATAL USE_CCACHE CCACHE_DIR CCACHE_CONFIG INCREMENTAL', reuse],
  ['MAX_CASCADING_REBUILDS', `${reuse} A rebuilt package with the same content reaches nothing.`],
  ['USE_PACKAGE_BUILD_CACHE FORCE REBUILD', 'PACKAGE_REBUILD_LIST names packages to build again.'],
  ['EXTRA_BUILD_LAYERS', `${list} Without it, all packages that a change reaches are built.`],
  ['REFRESH_WORKER_CHROOT WORKER_CHROOT_MANIFEST', 'Each build has a fresh root, made of the toolchain.'],
  [
    'CLEANUP_PACKAGE_BUILDS',
    'The root of a failed build is kept: make shell opens it, make clean removes it.',
  ],
  ['DOWNLOAD_SRPMS SRPM_URL_LIST ALLOW_SRPM_DOWNLOAD_FAIL', sources],
  [
    'SRPM_FILE_SIGNATURE_HANDLING',
    'make signatures writes the digests of sources, and all else checks them.',
  ],
  ['SOURCE_AUTH_MODE TLS_CERT TLS_KEY', 'Downloads of sources send no certificate and no token.'],
  ['CA_CERT', 'NODE_EXTRA_CA_CERTS=<file> in the environment adds certificates of authorities.'],
  ['DISABLE_UPSTREAM_REPOS DISABLE_DEFAULT_REPOS', `${builds} Images use those of REPO_LIST alone.`],
  ['USE_PREVIEW_REPO DAILY_BUILD_REPO REMOTE_DAILY_BUILD_ID', images],
  ['DAILY_BUILD_ID DAILY_BUILD_ID_UPDATE_MANIFESTS DAILY_BUILD_SKIP_TOOLCHAIN_AUTO_CLEANUP', images],
  ['REPO_SNAPSHOT_TIME SNAPSHOT', `${locked} UPDATE_LOCK=y moves the lock to the packages of today.`],
  ['PACKAGE_CACHE_SUMMARY IMAGE_CACHE_SUMMARY INITRD_CACHE_SUMMARY', locked],
  ['PACKAGE_ARCHIVE CACHED_PACKAGES_ARCHIVE ARCHIVE_TOOL', packed],
  ['RESOLVE_CYCLES_FROM_UPSTREAM IGNORE_VERSION_TO_RESOLVE_SELFDEP', cycles],
  ['ARCH ARCHITECTURE TARGET FORCEARCH', native],
  ['MAX_CPU JOBS NPROC NCPUS', 'CONCURRENT_PACKAGE_BUILDS sets how many packages are built at once.'],
  ['LOG_LEVEL V VERBOSE', 'DEBUG=1 logs every command, key component and service call.'],
  ['LOG_COLOR COLOR', 'NO_COLOR=1 in the environment turns colours off.'],
  ['NUM_OF_ANALYTICS_RESULTS', analysis],
  [
    'ENABLE_CPU_PROFILE ENABLE_MEM_PROFILE ENABLE_TRACE',
    'DEBUG=1 logs every command, key component and service call.',
  ],
  ['EXTRA_MACROS_FILES MACRO_DIR RPMRC_DIR', `${identity} Other macros belong into the specs.`],
  ['BUILD_NUMBER RELEASE_VERSION RELEASE_MINOR_ID', identity],
  ['DIST DISTRO DISTRIBUTION RELEASE VERSION', identity],
  ['LICENSE_CHECK_MODE LICENSE_CHECK_DIRS', licences],
  ['LICENSE_CHECK_EXCEPTION_FILE LICENSE_CHECK_NAME_FILE', licences],
  ['IMAGE_TAG', 'The config names an image, in Artifacts.'],
  ['IMAGE_CONFIG CONFIG', 'CONFIG_FILE is the path of an image config.'],
  [
    'IMAGE_CUSTOMIZER_VERSION_PREVIEW',
    'azl has no image customizer: CONFIG_FILE is the path of an image config.',
  ],
  ['UNATTENDED_INSTALLER', noInstaller],
  ['SSH_KEY_FILE META_USER_DATA_DIR', 'Keys of users are in the image config: SSHPubKeyPaths.'],
  ['PROJECT_ROOT SCRIPTS_DIR RESOURCES_DIR MANIFESTS_DIR TOOLCHAIN_MANIFESTS_DIR', folders],
  ['LOGS_DIR PKGBUILD_DIR CACHED_RPMS_DIR REPO_QUERY_DIR BUILD_SRPMS_DIR BUILD_SPECS_DIR', folders],
  ['STATUS_FLAGS_DIR CHROOT_DIR IMAGEGEN_DIR TOOLCHAIN_RPMS_DIR TIMESTAMP_DIR PROFILE_DIR', folders],
  ['SRPMS_DIR IMAGES_DIR SRPM_BUILD_CHROOT_DIR SRPM_BUILD_LOGS_DIR', folders],
  ['OUTPUT OUTPUT_DIR DESTDIR RESULTDIR', 'OUT_DIR is the folder of the results.'],
  ['TOPDIR WORKDIR WORKSPACE_DIR', 'BUILD_DIR is the folder of temporary files.'],
];

/** Sentences by the names of targets; `*` stands for any letters. */
export const otherTargets: readonly (readonly [names: string, answer: string])[] = [
  ['all build rpms rpm packages', 'make build-packages builds all packages, make image an image of them.'],
  ['go-* build-tools tools', noTools],
  ['chroot-tools validate-chroot macro-tools', 'make toolchain makes the root that all builds start from.'],
  ['raw-toolchain toolchain_stage2 copy-toolchain-rpms hydrate-toolchain compress-toolchain-*', toolchain],
  [
    'check-x86_64-manifests check-aarch64-manifests',
    'make check-manifests compares the manifest with the specs.',
  ],
  ['hydrate-* compress-* rpms-snapshot', packed],
  ['pre-cache', 'make input-srpms downloads all sources.'],
  ['srpm srpms toolchain-input-srpms', 'make input-srpms packs all SRPMs.'],
  ['expand-specs', 'Specs are read where they are, in SPECS_DIR: nothing is unpacked.'],
  ['parse-specs workplan graph graph-* analyze-built-graph dep-graph repo-query', analysis],
  ['build-summary built-packages-summary print-build-summary', 'make build-packages writes build.json.'],
  ['sodiff-*', 'What a new library reaches is built again, and what then lacks one fails.'],
  ['license-check*', licences],
  ['validate-image-config', 'make image checks the config and its files first.'],
  ['fetch-image-packages fetch-external-image-packages make-raw-image', 'make image does it.'],
  ['iso initrd installer-initrd', noInstaller],
  ['meta-user-data', 'Users and their keys are in the image config.'],
  ['package-toolkit', 'azl is used from its checkout, or as actions on GitHub.'],
  ['install install-prereqs*', 'make doctor says what this machine lacks, and how to install it.'],
  ['containerized-rpmbuild* chroot', 'make shell opens the root of a build that failed.'],
  [
    'clean-* distclean mrproper',
    'make clean removes what was built, make clean-all also what was downloaded.',
  ],
  ['check', 'RUN_CHECK=y runs the %check of packages: make build-packages RUN_CHECK=y.'],
  ['boot qemu run-* vm', 'make run boots the image in this terminal.'],
  ['summary status', 'make plan says what would be built, and why.'],
  ['get-* printvar-*', `${identity} The README of each action lists the defaults.`],
];

/** Returns what a variable of another tool is here, in a sentence or two; undefined if the name is not known. Pure. */
export function answerToVariable(name: string): string | undefined {
  return otherVariables.find(([names]) => names.split(' ').includes(name))?.[1];
}

/** Returns what a target of another tool is here; undefined if the name is not known. Pure. */
export function answerToTarget(name: string): string | undefined {
  const matches = (pattern: string) =>
    pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)));
  return otherTargets.find(([names]) => names.split(' ').some(matches))?.[1];
}
