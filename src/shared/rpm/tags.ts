/** The numbers of the header tags that azl uses (rpm's include/rpm/rpmtag.h). */
export const tags = {
  headerSignatures: 62,
  headerImmutable: 63,
  sigPgp: 259,
  sigMd5: 261,
  sigGpg: 262,
  dsaHeader: 267,
  rsaHeader: 268,
  sha1Header: 269,
  longSize: 270,
  sha256Header: 273,
  /** In the signature header, where it is no name. */
  sigSize: 1000,
  /** In the signature header, where it is no summary. */
  sigMd5Whole: 1004,
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  summary: 1004,
  description: 1005,
  buildTime: 1006,
  buildHost: 1007,
  license: 1014,
  packager: 1015,
  url: 1020,
  arch: 1022,
  fileModes: 1030,
  fileDigests: 1035,
  sourceRpm: 1044,
  changelogTime: 1080,
  changelogName: 1081,
  changelogText: 1082,
  noSource: 1051,
  noPatch: 1052,
  cookie: 1094,
  fileDevices: 1095,
  fileInodes: 1096,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  sourcePkgId: 1146,
  fileDigestAlgo: 5011,
  payloadDigest: 5092,
  payloadDigestAlgo: 5093,
  payloadDigestAlt: 5097,
} as const;

/** The three parallel tags of one kind of dependency. */
export interface DependencyTags {
  name: number;
  flags: number;
  version: number;
}

/** All kinds of dependencies in a header. */
export const dependencyTags = {
  provide: { name: 1047, flags: 1112, version: 1113 },
  require: { name: 1049, flags: 1048, version: 1050 },
  conflict: { name: 1054, flags: 1053, version: 1055 },
  obsolete: { name: 1090, flags: 1114, version: 1115 },
  trigger: { name: 1066, flags: 1068, version: 1067 },
  oldSuggest: { name: 1156, flags: 1158, version: 1157 },
  oldEnhance: { name: 1159, flags: 1161, version: 1160 },
  patches: { name: 1133, flags: 1134, version: 1135 },
  order: { name: 5035, flags: 5037, version: 5036 },
  recommend: { name: 5046, flags: 5048, version: 5047 },
  suggest: { name: 5049, flags: 5051, version: 5050 },
  supplement: { name: 5052, flags: 5054, version: 5053 },
  enhance: { name: 5055, flags: 5057, version: 5056 },
  fileTrigger: { name: 5069, flags: 5072, version: 5071 },
  transFileTrigger: { name: 5079, flags: 5082, version: 5081 },
} as const satisfies Record<string, DependencyTags>;

/** Bits of a dependency's flags (rpm's include/rpm/rpmds.h). */
export const sense = { less: 1 << 1, greater: 1 << 2, equal: 1 << 3, rpmlib: 1 << 24 } as const;
