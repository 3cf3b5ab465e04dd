import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotPlainFileError } from '../../../src/shared/host/plain-files.ts';
import { artifactExchange } from '../../../src/shared/shards/transport/artifact-exchange.ts';
import { type Exchange, filesBelow } from '../../../src/shared/shards/transport/exchange.ts';
import { type Services, startServices } from '../../services/server.ts';
import { temporaryFolders } from '../../support/temporary.ts';
import { exchangeContract } from './contract.ts';

const temporary = temporaryFolders();
let services: Services;
let runs = 0;
const before = { ...process.env };

beforeAll(async () => {
  services = await startServices();
});
afterAll(async () => {
  process.env = before;
  await services.close();
});

/** The exchange of a new run. */
function newRun(): Exchange {
  Object.assign(process.env, services.environment(`run-${++runs}`, 'job'));
  return artifactExchange(temporary());
}

function folder(text: string): string {
  const dir = temporary();
  writeFileSync(join(dir, 'file'), text);
  return dir;
}

describe('an exchange over artifacts', () => {
  exchangeContract(async () => {
    const exchange = newRun();
    return () => exchange;
  });

  it('uploads nothing when the tar file lacks one of the files, which is named', async () => {
    const exchange = newRun();
    const dir = folder('x');
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    await expect(exchange.create('azl-result-1', filesBelow(dir, ['file', 'pipe']))).rejects.toThrow(
      "the artifact 'azl-result-1' was packed with 1 of 2 files; it lacks pipe",
    );
    expect(await exchange.list()).toEqual([]);
  });

  it('takes a name for taken while its upload is not finished, and shows it to nobody', async () => {
    const exchange = newRun();
    services.fail({ call: 'FinalizeArtifact', times: 1, status: 400 });
    await expect(exchange.create('azl-claim-1-a-0', filesBelow(folder('x'), ['file']))).rejects.toThrow(
      '400',
    );
    expect(await exchange.list()).toEqual([]);
    expect(await exchange.create('azl-claim-1-a-0', filesBelow(folder('y'), ['file']))).toBeUndefined();
  });

  it.each([
    ['as long as was asked for', '0', 3],
    ['no longer than the settings of the repository allow', '2', 2],
  ])('keeps what it creates %s', async (_, most, days) => {
    newRun();
    process.env['GITHUB_RETENTION_DAYS'] = most;
    const exchange = artifactExchange(temporary(), 3);
    await exchange.create('azl-plan-1', filesBelow(folder('x'), ['file']));
    expect(services.artifacts.daysKept(`run-${runs}`, 'azl-plan-1')).toBe(days);
    delete process.env['GITHUB_RETENTION_DAYS'];
  });

  it('asks again after 429 and 500', async () => {
    const exchange = newRun();
    services.fail({ call: 'ListArtifacts', times: 1, status: 429, headers: { 'retry-after': '1' } });
    services.fail({ call: 'CreateArtifact', times: 1, status: 500 });
    expect(await exchange.list()).toEqual([]);
    expect(await exchange.create('azl-claim-1-a-0', filesBelow(folder('x'), ['file']))).toBeDefined();
  });

  it('refuses bytes that are not those that were uploaded', async () => {
    const exchange = newRun();
    const item = await exchange.create('azl-result-1-1-1', filesBelow(folder('whole'), ['file']));
    services.fail({
      call: 'GET blob',
      times: 3,
      change: (answer) => ({ ...answer, bytes: Buffer.from(`${answer.bytes}forged`) }),
    });
    await expect(exchange.fetch(item as never, join(temporary(), 'to'))).rejects.toThrow('another digest');
  });

  it.each([
    ['a link', 'link'],
    ['a path that leads out', '../outside'],
    ['an absolute path', '/absolute'],
  ])('refuses an archive with %s, and lets nothing out of it', async (_what, hostile) => {
    const exchange = newRun();
    const item = await exchange.create('azl-result-1-1-1', filesBelow(folder('whole'), ['file']));
    const evil = temporary();
    mkdirSync(join(evil, 'in'));
    writeFileSync(join(evil, 'in/fine'), 'fine');
    writeFileSync(join(evil, 'outside'), 'outside');
    symlinkSync('/etc/passwd', join(evil, 'in/link'));
    const file = join(evil, 'evil.tar');
    const path = hostile === '/absolute' ? join(evil, 'outside') : hostile;
    await create({ file, cwd: join(evil, 'in'), preservePaths: true }, ['fine', path]);
    const run = services.environment(`run-${runs}`, 'job');
    expect(run['ACTIONS_RUNTIME_TOKEN']).toBe(process.env['ACTIONS_RUNTIME_TOKEN']);
    services.blobs.put(`run-${runs}/azl-result-1-1-1`, readFileSync(file));
    const to = join(temporary(), 'deep', 'to');
    // A stranger's artifact has the digest of its own bytes: here the listing tells none.
    const other = artifactExchange(temporary());
    await expect(other.fetch(item as never, to)).rejects.toThrow(NotPlainFileError);
    expect(readdirSync(to)).toEqual(['fine']);
    expect(readdirSync(join(to, '..'))).toEqual(['to']);
  });
});
