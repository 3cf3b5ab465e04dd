import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setDebugSink } from '../../../src/shared/base/debug.ts';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { artifactNames, fetchArtifact } from '../../../src/shared/github/artifacts/fetch.ts';
import { publishArtifact } from '../../../src/shared/github/artifacts/publish.ts';
import { type Services, startServices } from '../../services/server.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { zipOf } from '../../support/zip.ts';

const temporary = temporaryFolders();
const before = { ...process.env };
let services: Services;
let run = 'run-0';

beforeAll(async () => {
  services = await startServices();
});
beforeEach(() => {
  services.heal();
  run = `run-${Number(run.slice(4)) + 1}`;
  Object.assign(process.env, services.environment(run, 'job'));
});
afterAll(async () => {
  process.env = before;
  await services.close();
});

const log = recordingLog();
const options = { compressionLevel: 0, log } as const;

/** A folder with an RPM two folders down and a text beside it. */
function folder(text = 'text'): string {
  const dir = temporary();
  mkdirSync(join(dir, 'x86_64/deep'), { recursive: true });
  writeFileSync(join(dir, 'x86_64/deep/a~b-1.rpm'), Buffer.alloc(100_000, 'rpm'));
  writeFileSync(join(dir, 'text'), text);
  writeFileSync(join(dir, 'other'), 'not asked for');
  return dir;
}
const files = ['x86_64/deep/a~b-1.rpm', 'text'];
const publish = (text?: string) => publishArtifact('azl-rpms', folder(text), files, options);
const textOf = (dir: string) => readFileSync(join(dir, 'text'), 'utf8');
const stored = (name: string) => services.blobs.get(`${run}/${name}`) as Buffer;

describe('an artifact for people', () => {
  it('has each call with its answer in the debug log', async () => {
    const lines: string[] = [];
    setDebugSink((message) => lines.push(message.replace(/\d+/g, 'N')));
    try {
      await publish();
      await fetchArtifact('azl-rpms', join(temporary(), 'to'));
    } finally {
      setDebugSink(undefined);
    }
    expect(lines.filter((line) => line.startsWith('artifacts: '))).toEqual([
      'artifacts: uploadArtifact azl-rpms: id N (N.N s)',
      'artifacts: getArtifact azl-rpms: id N, N bytes (N.N s)',
      'artifacts: downloadArtifact N: done (N.N s)',
    ]);
  });

  it.each([0, 1, 6] as const)('is a zip of these files, at level %i, and comes back whole', async (level) => {
    const name = await publishArtifact('azl-rpms', folder(), files, { compressionLevel: level, log });
    expect(name).toBe('azl-rpms');
    expect(stored(name).subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
    expect(stored(name).length > 100_000).toBe(level === 0);
    const to = join(temporary(), 'below', 'to');
    expect(await fetchArtifact(name, to)).toBe(true);
    expect(readdirSync(to, { recursive: true }).sort()).toEqual([
      ...['text', 'x86_64', 'x86_64/deep', 'x86_64/deep/a~b-1.rpm'],
    ]);
    expect(readFileSync(join(to, files[0] as string))).toEqual(Buffer.alloc(100_000, 'rpm'));
    expect(readdirSync(join(to, '..'))).toEqual(['to']);
    expect(await artifactNames()).toEqual(['azl-rpms']);
  });

  it('is kept as long as is asked for, else as long as the repository says', async () => {
    await publish();
    await publishArtifact('azl-srpms', folder(), files, { ...options, retentionDays: 5 });
    expect(services.artifacts.daysKept(run, 'azl-rpms')).toBeUndefined();
    expect(services.artifacts.daysKept(run, 'azl-srpms')).toBe(5);
  });

  it('takes the place of one that an earlier attempt left', async () => {
    await publish('first');
    expect(await publish('second')).toBe('azl-rpms');
    expect(services.artifacts.names(run)).toEqual(['azl-rpms']);
    const to = join(temporary(), 'to');
    await fetchArtifact('azl-rpms', to);
    expect(textOf(to)).toBe('second');
  });

  it('has another name, which the log says, where an upload that never ended holds its own', async () => {
    services.fail({ call: 'FinalizeArtifact', times: 1, status: 400 });
    expect(await publish()).toBe('azl-rpms-2');
    expect(services.artifacts.names(run)).toEqual(['azl-rpms-2']);
  });

  it('whose name has the attempt in it leaves those of other jobs alone, however many have its name', async () => {
    const kept = { ...options, replace: false };
    const made: string[] = [];
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f'])
      made.push(await publishArtifact('azl-logs-1-build', folder(text), files, kept));
    expect(made).toEqual([
      'azl-logs-1-build',
      ...['2', '3', '4', '5', '6'].map((more) => `azl-logs-1-build-${more}`),
    ]);
    expect(services.artifacts.names(run).sort()).toEqual(made);
    for (const [at, name] of made.entries()) {
      const to = join(temporary(), 'to');
      expect(await fetchArtifact(name, to)).toBe(true);
      expect(textOf(to)).toBe('abcdef'[at]);
    }
  });

  it('whose every name is taken is one problem, and nothing is removed', async () => {
    const removed = services.calls.get('DeleteArtifact');
    services.fail({ call: 'CreateArtifact', times: 1000, status: 409 });
    await expect(
      publishArtifact('azl-logs-1-build', folder(), files, { ...options, replace: false }),
    ).rejects.toThrow("The artifact 'azl-logs-1-build' cannot be uploaded");
    expect(services.calls.get('DeleteArtifact')).toBe(removed);
  });

  it('is there once when the answer to its upload was lost', async () => {
    services.fail({ call: 'FinalizeArtifact', times: 1, status: 400, after: true });
    expect(await publish()).toBe('azl-rpms');
    expect(services.artifacts.names(run)).toEqual(['azl-rpms']);
  });

  it('that cannot be uploaded is one problem, which says what to do', async () => {
    services.fail({ call: 'CreateArtifact', times: 100, status: 403 });
    await expect(publish()).rejects.toThrow(
      /^The artifact 'azl-rpms' cannot be uploaded: .*403.*Run the failed jobs again/s,
    );
  });
});

describe('fetching an artifact', () => {
  it('that is not there is no error, and leaves what is there', async () => {
    const to = folder('mine');
    expect(await fetchArtifact('azl-rpms', to)).toBe(false);
    expect(textOf(to)).toBe('mine');
  });

  it('takes the place of the folder', async () => {
    await publish('new');
    const to = folder('old');
    expect(await fetchArtifact('azl-rpms', to)).toBe(true);
    expect(textOf(to)).toBe('new');
    expect(existsSync(join(to, 'other'))).toBe(false);
  });

  const forged = (times: number) =>
    services.fail({
      call: 'GET blob',
      times,
      change: (answer) => ({ ...answer, bytes: zipOf([{ name: 'text', text: 'forged' }]) }),
    });

  it('tries again when the bytes are not those that were uploaded', async () => {
    await publish('whole');
    forged(2);
    const to = join(temporary(), 'to');
    expect(await fetchArtifact('azl-rpms', to)).toBe(true);
    expect(textOf(to)).toBe('whole');
  });

  it('refuses bytes that are never those that were uploaded, and leaves what is there', async () => {
    await publish('whole');
    forged(3);
    const to = folder('mine');
    await expect(fetchArtifact('azl-rpms', to)).rejects.toThrow('has another digest than when it was');
    expect(textOf(to)).toBe('mine');
    expect(readdirSync(join(to, '..')).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('lets nothing out of an archive but plain files below the folder', async () => {
    const evil = zipOf([
      { name: 'fine', text: 'fine' },
      { name: '../up', text: 'outside' },
      { name: 'a/../../../far', text: 'outside' },
      { name: '/azl-test-absolute', text: 'outside' },
      { name: 'link', text: '/etc/passwd', mode: 0o120777 },
    ]);
    services.artifacts.store(run, 'azl-rpms', evil, 'application/zip');
    const above = temporary();
    const to = join(above, 'deep', 'to');
    expect(await fetchArtifact('azl-rpms', to)).toBe(true);
    expect(readdirSync(above)).toEqual(['deep']);
    expect(readdirSync(join(above, 'deep'))).toEqual(['to']);
    expect(existsSync('/azl-test-absolute')).toBe(false);
    // What was to be outside lies inside, and the link is a file that holds its target.
    expect(readdirSync(to).sort()).toEqual(['a', 'azl-test-absolute', 'fine', 'link', 'up']);
    expect(readFileSync(join(to, 'link'), 'utf8')).toBe('/etc/passwd');
  });
});
