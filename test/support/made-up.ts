import type { Result } from '../../src/shared/model/build-result.ts';
import type { Capability, Rpm } from '../../src/shared/model/rpm.ts';
import type { Spec } from '../../src/shared/model/spec.ts';
import type { Toolchain } from '../../src/shared/model/toolchain.ts';

/** An RPM of made-up content for pure tests. */
export function madeUpRpm(name: string, more: Partial<Rpm> = {}): Rpm {
  const rpm = { name, epoch: 0, version: '1.0', release: '1', arch: 'x86_64', ...more };
  return {
    file: `${name}-${rpm.version}-${rpm.release}.${rpm.arch}.rpm`,
    sourceRpm: `${name}-1.0-1.src.rpm`,
    size: 1,
    shipDigest: `ship of ${name}`,
    outputDigest: `output of ${name}`,
    provides: [`${name} = ${rpm.version}-${rpm.release}`],
    requires: [],
    conflicts: [],
    obsoletes: [],
    files: [],
    folders: [],
    ...rpm,
  };
}

/** A spec whose packages are given as name → what they provide, require and own. */
export function madeUpSpec(
  name: string,
  buildRequires: Capability[] = [],
  packages: Record<string, { provides?: Capability[]; requires?: Capability[]; files?: string[] }> = {
    [name]: {},
  },
): Spec {
  return {
    package: name,
    specsDir: 'SPECS',
    path: `${name}/${name}.spec`,
    name,
    epoch: 0,
    version: '1.0',
    release: '1',
    sourceRpm: `${name}-1.0-1.src.rpm`,
    buildRequires,
    checkRequires: [],
    buildConflicts: [],
    sources: [],
    packages: Object.entries(packages).map(([rpm, facts]) => ({
      name: rpm,
      epoch: 0,
      version: '1.0',
      release: '1',
      arch: 'x86_64',
      file: `${rpm}-1.0-1.x86_64.rpm`,
      provides: facts.provides ?? [],
      requires: facts.requires ?? [],
      conflicts: [],
      obsoletes: [],
      files: facts.files ?? [],
      built: true,
    })),
    hasCheck: false,
    digest: `spec of ${name}`,
    includes: [],
  };
}

export function madeUpToolchain(rpms: Rpm[] = []): Toolchain {
  return {
    schema: 'azl/toolchain',
    version: 1,
    mode: 'bootstrap',
    arch: 'x86_64',
    rpms,
    worker: rpms.map((rpm) => rpm.file),
    workerDigest: 'worker',
  };
}

export function madeUpResult(name: string, rpms: Rpm[] = [madeUpRpm(name)], key = `key of ${name}`): Result {
  return {
    schema: 'azl/result',
    version: 1,
    package: name,
    key,
    components: {},
    srpm: { file: `${name}-1.0-1.src.rpm`, size: 1, shipDigest: 'srpm' },
    rpms,
    seconds: 1,
    parts: { srpm: 0.1, builddep: 0.2, build: 0.7 },
  };
}
