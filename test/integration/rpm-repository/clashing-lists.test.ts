import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { ProblemsError } from '../../../src/shared/base/problems.ts';
import { textDigest } from '../../../src/shared/host/digests.ts';
import { removeTree } from '../../../src/shared/host/folders.ts';
import { choosePackages } from '../../../src/shared/image/packages/choose-packages.ts';
import type { Rpm } from '../../../src/shared/model/rpm.ts';
import { openRepositories } from '../../../src/shared/repositories/repositories.ts';
import { readRpm } from '../../../src/shared/rpm/read.ts';
import { type Solver, startSolver } from '../../../src/shared/solver/solver.ts';
import { type FileServer, makeRpms, serveFiles } from '../../support/made-repository.ts';
import { rpm as madeUp, toolchain as toolchainOf } from '../../support/real-solver.ts';
import { testWorker } from '../../support/worker.ts';
import { newWorkspace } from '../../support/workspace.ts';

/** Sets of repositories. `AZL_CASES` raises it. */
const cases = Number(process.env['AZL_CASES'] ?? 120);
const names = ['app', 'lib', 'zzz'] as const;
const toolchain = toolchainOf([madeUp({ name: 'bash' }), madeUp({ name: 'lib', evr: '0-1' })], 'download');

let dir: string;
let server: FileServer;
let solver: Solver;
let worker: string;
/** The RPMs that repositories serve, by `name-version`. */
const real = new Map<string, { rpm: Rpm; bytes: Buffer }>();

beforeAll(async () => {
  dir = newWorkspace();
  server = await serveFiles(join(dir, 'web'));
  solver = await startSolver(toolchain);
  worker = (await testWorker()).worker;
  const made = join(dir, 'made');
  await makeRpms(
    join(dir, 'make'),
    made,
    names.flatMap((name) => [`${name}-1`, `${name}-2`]),
  );
  for (const file of await readdir(made)) {
    const rpm = await readRpm(join(made, file));
    real.set(`${rpm.name}-${rpm.version}`, { rpm, bytes: await readFile(join(made, file)) });
  }
}, 120_000);

afterAll(async () => {
  server.close();
  await solver.close();
  await removeTree(dir);
});

/** An entry of a list: the RPM that lies there, and what the list says of it. */
interface Entry {
  bytes: string;
  says: string;
  file: string;
  folder: string;
  more: string;
}

const key = fc.constantFrom(...names.flatMap((name) => [`${name}-1`, `${name}-2`]));
const soundEntry = fc
  .tuple(key, fc.constantFrom('', 'a/', 'b/'))
  .map(([of, folder]): Entry => ({ bytes: of, says: of, file: `${of}-1.noarch.rpm`, folder, more: '' }));
const oddEntry = fc.record({
  bytes: key,
  says: key,
  file: fc.oneof(
    key.map((of) => `${of}-1.noarch.rpm`),
    fc.constantFrom(
      'bash-1-1.x86_64.rpm',
      'app-1-1.x86_64.rpm',
      'APP-1-1.noarch.rpm',
      'app.rpm',
      'app-1-1.noarch.rpm.rpm',
    ),
  ),
  folder: fc.constantFrom('', 'a/', '../', '/', 'app-1-1.noarch.rpm/'),
  more: fc.constantFrom(
    ...['', '<rpm:provides><rpm:entry name="app" flags="EQ" epoch="9" ver="9" rel="9"/></rpm:provides>'],
    ...['<rpm:obsoletes><rpm:entry name="app"/></rpm:obsoletes>', '<file>/usr/bin/app</file>'],
  ),
});
/** Most lists are sound, so that most images are made. */
const entry = fc.oneof({ weight: 12, arbitrary: soundEntry }, { weight: 1, arbitrary: oddEntry });
const lists = fc.array(fc.array(entry, { maxLength: 6 }), { minLength: 1, maxLength: 4 });

function bytesOf(one: string): { rpm: Rpm; bytes: Buffer } {
  return real.get(one) as { rpm: Rpm; bytes: Buffer };
}

/** The list of an entry: what the RPM itself says, under the name and version that the entry claims. */
function packageXml({ bytes, says, file, folder, more }: Entry): string {
  const [name, version] = says.split('-') as [string, string];
  const { rpm } = bytesOf(bytes);
  const provides = bytes === says ? rpm.provides : [`${name} = ${version}-1`];
  const entries = provides.map((text) => {
    const [of, , evr = ''] = text.split(' ') as [string, string?, string?];
    const [ver, rel] = evr.split('-');
    return `<rpm:entry name="${of}" flags="EQ" epoch="0" ver="${ver}" rel="${rel}"/>`;
  });
  return `<package type="rpm"><name>${name}</name><arch>noarch</arch><version epoch="0" ver="${version}" rel="1"/>
    <checksum type="sha256" pkgid="YES">${rpm.shipDigest}</checksum><size package="${rpm.size}"/>
    <location href="${folder}${file}"/><format><rpm:sourcerpm>${rpm.sourceRpm}</rpm:sourcerpm>
    <rpm:provides>${entries.join('')}</rpm:provides>
    <rpm:requires><rpm:entry name="bash"/></rpm:requires>${more}</format></package>`;
}

/** Serves the lists as the repositories `r0`, `r1`, … Returns their `.repo` file. */
async function serve(given: readonly Entry[][], place: string): Promise<string> {
  server.instead = {};
  const sections = given.map((entries, index) => {
    const list = gzipSync(
      `<metadata xmlns:rpm="r" packages="${entries.length}">${entries.map(packageXml).join('')}</metadata>`,
    );
    const at = `/r${index}`;
    server.instead[`${at}/repodata/primary.xml.gz`] = list;
    server.instead[`${at}/repodata/repomd.xml`] = Buffer.from(
      `<repomd><data type="primary"><checksum type="sha256">${textDigest(list)}</checksum><location href="repodata/primary.xml.gz"/><open-size>1000000</open-size></data></repomd>`,
    );
    for (const { bytes, file, folder } of entries)
      server.instead[`${at}/${folder}${file}`] = bytesOf(bytes).bytes;
    return `[r${index}]\nbaseurl=${server.origin}${at}\ngpgcheck=0\n`;
  });
  await mkdir(place, { recursive: true });
  const path = join(place, 'all.repo');
  await writeFile(path, sections.join(''));
  return path;
}

/** Chooses and fetches the RPMs of an image that asks for `app` and, where somebody has it, `zzz`. */
async function imageOf(given: readonly Entry[][], local: readonly Rpm[], place: string) {
  const file = await serve(given, place);
  const parts = { releasever: '', arch: 'x86_64', worker, log: recordingLog() };
  const cacheDir = join(place, 'cache');
  const opened = await openRepositories({ ...parts, files: [file], cacheDir, tempDir: join(place, 'temp') });
  const offered = opened.offer(local);
  const capabilities = ['app', ...(offered.some(({ name }) => name === 'zzz') ? ['zzz'] : []), 'lib'];
  const requested = capabilities.map((capability) => ({ capability, file: 'c.json', path: '$' }));
  const chosen = await choosePackages({ requested, local, offered, toolchain, solver, file: 'c.json' });
  const remote = chosen.filter(({ origin }) => origin === 'repository').map(({ rpm }) => rpm);
  const fetched = await opened.fetch(remote, () => {});
  return { chosen, fetched };
}

/**
 * The oracle: the repository that has a name is the first that lists it, and the RPM is its newest. One that says that it
 * obsoletes app cannot be beside it. If it has no other, nobody but the toolchain may take its place.
 */
function chosenByPriority(given: readonly Entry[][], name: string) {
  const named = ({ says }: Entry) => says.startsWith(`${name}-`);
  const repository = given.findIndex((entries) => entries.some(named));
  if (repository < 0) return undefined;
  const possible = (given[repository] as Entry[]).filter(
    (one) => named(one) && (name === 'app' || !one.more.includes('rpm:obsoletes')),
  );
  return {
    repository,
    of: possible
      .map(({ says }) => says)
      .sort()
      .at(-1),
  };
}

/** True for a list of which each entry is the RPM that it says, under its own name. */
function isSound(entries: readonly Entry[]): boolean {
  return entries.every(
    ({ bytes, says, file, folder, more }) =>
      bytes === says && more === '' && file === `${says}-1.noarch.rpm` && /^(\w+\/)?$/.test(folder),
  );
}

describe('repositories with names that clash and lists that lie', () => {
  it('never bring an RPM into an image that priority did not choose', async () => {
    const figures = { images: 0, refused: 0 };
    let run = 0;
    const localApp = madeUp({ name: 'app', evr: '0-1', arch: 'noarch' });
    await fc.assert(
      fc.asyncProperty(lists, fc.boolean(), async (given, hasLocal) => {
        const place = join(dir, `run-${run++}`);
        const local = hasLocal ? [localApp] : [];
        const made = await imageOf(given, local, place).catch((error: unknown) => {
          if (!(error instanceof ProblemsError)) throw error;
          return undefined;
        });
        const hasApp = hasLocal || chosenByPriority(given, 'app') !== undefined;
        if (made === undefined) {
          figures.refused++;
          expect(given.every(isSound) && hasApp).toBe(false);
        } else {
          figures.images++;
          for (const { origin, rpm } of made.chosen) {
            const right = hasLocal && rpm.name === 'app' ? undefined : chosenByPriority(given, rpm.name);
            if (right?.of === undefined) {
              expect(origin).toBe(rpm.name === 'app' ? 'local' : 'toolchain');
              continue;
            }
            const file = made.fetched.get(rpm);
            const bytes = await readFile(file?.path ?? '');
            expect(basename(dirname(file?.path ?? ''))).toBe(`r${right.repository}`);
            expect(bytes.equals(bytesOf(right.of).bytes)).toBe(true);
            expect(file?.rpm).toEqual(bytesOf(right.of).rpm);
          }
        }
        await removeTree(place);
      }),
      { numRuns: cases, seed: 12 },
    );
    console.info(`${JSON.stringify(figures)} of ${cases}`);
    expect(figures.images).toBeGreaterThan(cases / 5);
    expect(figures.refused).toBeGreaterThan(cases / 10);
  }, 600_000);
});
