import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultArtifactClient } from '@actions/artifact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Services, startServices } from '../../services/server.ts';
import { temporaryFolders } from '../../support/temporary.ts';

const temporary = temporaryFolders();
const library = new DefaultArtifactClient();
let services: Services;

beforeEach(async () => {
  services = await startServices();
  as('run');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await services.close();
});

/** From now on the library runs in a job of this attempt. */
function as(attempt: string): void {
  const environment = services.environment(attempt, `job of ${attempt}`);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
}

async function upload(name: string, text: string): Promise<number | undefined> {
  const dir = temporary();
  writeFileSync(join(dir, 'file'), text);
  return (await library.uploadArtifact(name, [join(dir, 'file')], dir)).id;
}

async function newest(name: string): Promise<string> {
  const dir = join(temporary(), 'to');
  mkdirSync(dir);
  const { artifact } = await library.getArtifact(name);
  await library.downloadArtifact(artifact.id, { path: dir });
  return readFileSync(join(dir, 'file'), 'utf8');
}
const listed = async () => (await library.listArtifacts()).artifacts.map(({ name }) => name);

describe.each([
  'run',
  'attempt',
] as const)('attempts of a run, where a name is taken for the whole %s', (namesAreOf) => {
  beforeEach(() => {
    services.artifacts.namesAreOf = namesAreOf;
  });

  it('of failed jobs list what earlier ones left, and a name is that of the newest', async () => {
    await upload('one', 'first');
    as(services.artifacts.runAgain('run', 'failed'));
    expect(await listed()).toEqual(['one']);
    expect(await newest('one')).toBe('first');
    if (namesAreOf === 'run') {
      await expect(upload('one', 'second')).rejects.toThrow(/\(409\)/);
      await library.deleteArtifact('one');
    }
    await upload('one', 'second');
    expect(await listed()).toHaveLength(namesAreOf === 'run' ? 1 : 2);
    expect(await newest('one')).toBe('second');
  });

  it('of all jobs list nothing that earlier ones left', async () => {
    await upload('one', 'first');
    as(services.artifacts.runAgain('run', 'failed'));
    await upload('two', 'second');
    as(services.artifacts.runAgain('run.2', 'all'));
    expect(await listed()).toEqual([]);
    await expect(newest('one')).rejects.toThrow(/not found/i);
    if (namesAreOf === 'run') await expect(upload('two', 'third')).rejects.toThrow(/\(409\)/);
    else await upload('two', 'third');
    expect(services.artifacts.names('run').filter((name) => name === 'one')).toHaveLength(1);
  });
});
