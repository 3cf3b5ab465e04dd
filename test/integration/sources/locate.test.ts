import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordingLog } from '../../../src/shared/base/log.ts';
import { type Problem, ProblemsError } from '../../../src/shared/base/problems.ts';
import type { SpecSource } from '../../../src/shared/model/spec.ts';
import type { DownloaderOptions } from '../../../src/shared/sources/download.ts';
import type { SourceLocations } from '../../../src/shared/sources/fetch-source.ts';
import { openSources } from '../../../src/shared/sources/locate.ts';
import { readSignatures, writeSignatures } from '../../../src/shared/sources/signatures.ts';

const bytes = Buffer.from('the right bytes\n'.repeat(5000));
const sha = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
const right = sha(bytes);

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let dir: string;
let server: Server;
let base: string;
/** What the server does with each request, by path; an array answers one request after the other. */
let answers: Record<string, Answer | Answer[]>;
let asked: string[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'azl-sources-'));
  mkdirSync(join(dir, 'SPECS/a'), { recursive: true });
  answers = {};
  asked = [];
  server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const known = answers[path];
    const answer = Array.isArray(known) ? known.shift() : known;
    if (answer === undefined) response.writeHead(404).end('<html>no</html>');
    else answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(dir, { recursive: true });
});

const whole: Answer = (_request, response) => response.writeHead(200).end(bytes);
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(code, headers).end('x');
const cut: Answer = (_request, response) => {
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, 1000), () => response.destroy());
};
const stall: Answer = (_request, response) => {
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, 1000));
};

const source = (url?: string, more: Partial<SpecSource> = {}): SpecSource => ({
  ...{ name: 'a-1.tar.gz', kind: 'source', number: 0, ...more },
  ...(url === undefined ? {} : { url }),
});
const specOf = (...sources: SpecSource[]) => ({
  package: 'a',
  specsDir: join(dir, 'SPECS'),
  path: 'a/a.spec',
  sources,
});
const quick: DownloaderOptions = { answerSeconds: 0.4, stallSeconds: 0.4, backoffSeconds: 0.01 };

function open(more: Partial<SourceLocations> = {}, downloads: DownloaderOptions = quick) {
  const log = recordingLog();
  const locations = {
    sourceDirs: [],
    cacheDir: join(dir, 'cache'),
    sourceUrl: '',
  };
  return { log, sources: openSources({ ...locations, ...more }, { log, downloads }) };
}

/** All files below the cache, with no part of one among them. */
const kept = () =>
  readdirSync(join(dir, 'cache'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

/** The problems that a call is refused for. */
async function faults(call: Promise<unknown>): Promise<readonly Problem[]> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemsError)) throw error ?? new Error('no problem was found');
  return error.problems;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ProblemsError);
  return (error as ProblemsError).message;
}

describe('a source on a server', () => {
  it.each<[string, Answer | Answer[], number]>([
    ['that answers', whole, 1],
    ['that fails once', [status(500), whole], 2],
    ['that is overrun three times', [status(429), status(503), status(502), whole], 4],
    ['that breaks off once', [cut, whole], 2],
    ['that hangs once', [stall, whole], 2],
    ['that resets the connection once', [(request) => request.socket.destroy(), whole], 2],
  ])('%s is fetched', async (_name, answer, requests) => {
    answers['/a-1.tar.gz'] = answer;
    const { sources } = open();
    const found = await sources.locate(specOf(source(`${base}/a-1.tar.gz`)), { 'a-1.tar.gz': right });
    const path = join(dir, 'cache', right, 'a-1.tar.gz');
    expect(found).toEqual(new Map([['a-1.tar.gz', path]]));
    expect(readFileSync(path)).toEqual(bytes);
    expect(asked).toHaveLength(requests);
    expect(kept()).toEqual(['a-1.tar.gz']);
  });

  it('is fetched through redirects, also relative ones and to another host', async () => {
    answers['/old'] = status(301, { location: '/new' });
    answers['/new'] = status(302, { location: `${base.replace('127.0.0.1', 'localhost')}/there` });
    answers['/there'] = whole;
    await open().sources.locate(specOf(source(`${base}/old`)), { 'a-1.tar.gz': right });
    expect(asked).toEqual(['/old', '/new', '/there']);
  });

  it('keeps its bytes when the server calls them an encoding', async () => {
    const packed = gzipSync(bytes);
    answers['/a'] = (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
    await open().sources.locate(specOf(source(`${base}/a`)), { 'a-1.tar.gz': sha(packed) });
  });

  it.each<[string, Answer, RegExp, number]>([
    ['is not there', status(404), /a: answers 404 Not Found/, 1],
    ['is forbidden', status(403), /a: answers 403/, 1],
    [
      'has other bytes',
      (_request, response) => response.end('<html>login</html>'),
      /a: other bytes \(an HTML page\), SHA-256 [0-9a-f]{64} instead of/,
      1,
    ],
    ['always breaks off', cut, /a: breaks off, 4 times/, 4],
    ['always hangs', stall, /a: stalls, 4 times/, 4],
    ['is always overrun', status(503), /a: answers 503 Service Unavailable, 4 times/, 4],
    ['leads in a circle', status(302, { location: '/a' }), /a: sends on more than 8 times/, 9],
    [
      'leads to a file',
      status(302, { location: 'file:///etc/passwd' }),
      /sends on to 'file:\/\/\/etc\/passwd'/,
      1,
    ],
  ])('that %s is missing, and says so', async (_name, answer, expected, requests) => {
    answers['/a'] = answer;
    const message = await refusal(
      open().sources.locate(specOf(source(`${base}/a`)), { 'a-1.tar.gz': right }),
    );
    expect(message).toMatch(
      /SPECS\/a\/a\.spec: Source0 'a-1\.tar\.gz' is nowhere to be found. Looked in the folder of the spec; /,
    );
    expect(message).toMatch(expected);
    expect(asked).toHaveLength(requests);
    expect(kept()).toEqual([]);
  });

  it('is asked of the source server first, and of its own when that has it not', async () => {
    answers['/a'] = whole;
    const { sources } = open({ sourceUrl: `${base}/all/` });
    await sources.locate(specOf(source(`${base}/a`)), { 'a-1.tar.gz': right });
    expect(asked).toEqual(['/all/a-1.tar.gz', '/a']);
  });

  it('is fetched once and kept', async () => {
    answers['/a'] = whole;
    const { sources } = open();
    const spec = specOf(source(`${base}/a`));
    await Promise.all([1, 2, 3].map(() => sources.locate(spec, { 'a-1.tar.gz': right })));
    await open().sources.locate(spec, { 'a-1.tar.gz': right });
    expect(asked).toEqual(['/a']);
  });

  it('is fetched by its own address, also while another of the same name and bytes fails', async () => {
    answers['/good'] = whole;
    const { sources } = open();
    const digests = { 'a-1.tar.gz': right };
    const bad = sources.locate(specOf(source(`${base}/bad`)), digests);
    const good = sources.locate(specOf(source(`${base}/good`)), digests);
    expect(await refusal(bad)).toMatch(/bad: answers 404/);
    expect((await good).size).toBe(1);
  });

  it('is fetched again when what was kept is damaged', async () => {
    answers['/a'] = whole;
    mkdirSync(join(dir, 'cache', right), { recursive: true });
    const path = join(dir, 'cache', right, 'a-1.tar.gz');
    writeFileSync(path, 'half');
    writeFileSync(`${path}.4194999-00000000.part`, 'what a killed run left');
    const { sources, log } = open();
    await sources.locate(specOf(source(`${base}/a`)), { 'a-1.tar.gz': right });
    expect(readFileSync(path)).toEqual(bytes);
    expect(log.lines.join()).toMatch(/is damaged/);
    expect(kept()).toEqual(['a-1.tar.gz']);
  });

  it('fetches at most four at once', async () => {
    const waiting: ServerResponse[] = [];
    let [most, asked] = [0, 0];
    const names = Array.from({ length: 12 }, (_, index) => `s${index}.tar.gz`);
    for (const name of names) {
      answers[`/${name}`] = (_request, response) => {
        most = Math.max(most, waiting.push(response));
        // A fifth would come meanwhile.
        const answer = () => waiting.splice(0).forEach((one) => void one.end(bytes));
        // Before its first answer, a server gets one request.
        asked++;
        if (asked === 1 || asked === names.length || waiting.length === 4) setTimeout(answer, 20);
      };
    }
    const spec = specOf(...names.map((name, number) => source(`${base}/${name}`, { name, number })));
    // It waits for its answers: on a busy machine, the fourth request may come late.
    const { sources } = open({}, {});
    const found = await sources.locate(spec, Object.fromEntries(names.map((name) => [name, right])));
    expect(found.size).toBe(12);
    expect(most).toBe(4);
  });

  it('ends when the run does', async () => {
    answers['/a'] = stall;
    const abort = new AbortController();
    const sources = openSources(
      { sourceDirs: [], cacheDir: join(dir, 'cache'), sourceUrl: '' },
      { log: recordingLog(), signal: abort.signal },
    );
    const work = sources.locate(specOf(source(`${base}/a`)), { 'a-1.tar.gz': right });
    setTimeout(() => abort.abort(), 100);
    await expect(work).rejects.toThrow(/abort/i);
    expect(kept()).toEqual([]);
  });
});

describe('a host that does not answer', () => {
  it('is asked at three addresses in a run', async () => {
    let connections = 0;
    const mute = createSocketServer((socket) => {
      connections++;
      socket.resume().on('error', () => {});
    });
    await new Promise<void>((done) => mute.listen(0, '127.0.0.1', done));
    const address = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.tar.gz`);
    const spec = specOf(...names.map((name, number) => source(`${address}/${name}`, { name, number })));
    const message = await refusal(
      open().sources.locate(spec, Object.fromEntries(names.map((name) => [name, right]))),
    );
    expect(connections).toBe(3);
    expect(message.split('\n')).toHaveLength(5);
    for (const line of message.split('\n')) expect(line).toMatch(/does not answer \(no answer in time\)/);
    await new Promise((done) => mute.close(done));
  });

  it.each([
    ['http://127.0.0.1:9/a', /ECONNREFUSED/],
    ['http://no-such-host.invalid/a', /no-such-host\.invalid does not answer/],
    ['ftp://127.0.0.1/a', /ftp:\/\/127\.0\.0\.1\/a: is no http or https address/],
    ['file:///etc/passwd', /is no http or https address/],
  ])('%s is no place', async (url, expected) => {
    expect(await refusal(open().sources.locate(specOf(source(url)), { 'a-1.tar.gz': right }))).toMatch(
      expected,
    );
  });
});

describe('a local source', () => {
  const beside = () => join(dir, 'SPECS/a/a-1.tar.gz');

  it('beside the spec comes first, then the source folders; no server is asked', async () => {
    const [one, two] = [join(dir, 'one'), join(dir, 'two')];
    for (const folder of [one, two]) mkdirSync(folder);
    const spec = specOf(source(`${base}/a`));
    const { sources } = open({ sourceDirs: [one, two] });
    for (const path of [join(two, 'a-1.tar.gz'), join(one, 'a-1.tar.gz'), beside()]) {
      writeFileSync(path, bytes);
      expect([...(await sources.locate(spec, { 'a-1.tar.gz': right })).values()]).toEqual([path]);
    }
    expect(asked).toEqual([]);
  });

  it('with other bytes is an error at once that names both digests', async () => {
    writeFileSync(beside(), 'other');
    const file = join(dir, 'SPECS/a/a.signatures.json');
    writeFileSync(file, JSON.stringify({ signatures: { b: right, 'a-1.tar.gz': right } }, undefined, 2));
    answers['/a'] = whole;
    const { sources } = open();
    const problems = await faults(sources.digests(specOf(source(`${base}/a`))));
    const message = `The file ${beside()} does not fit: its SHA-256 is ${sha('other')}, but this says ${right}`;
    expect(problems).toEqual([
      { message, file, line: 4, column: 5, hint: expect.stringMatching(/^Restore/) },
    ]);
    expect(await refusal(sources.locate(specOf(source(`${base}/a`)), { 'a-1.tar.gz': right }))).toContain(
      right,
    );
    expect(asked).toEqual([]);
  });

  it('that leads out of the specs is refused, be it a patch without signature', async () => {
    writeFileSync(join(dir, 'secret'), 'secret');
    symlinkSync(join(dir, 'secret'), join(dir, 'SPECS/a/x.patch'));
    const patch = source(undefined, { name: 'x.patch', kind: 'patch' });
    const problems = await faults(open().sources.digests(specOf(patch)));
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/leads out of/)]);
    expect(await refusal(open().sources.locate(specOf(patch), { 'x.patch': sha('secret') }))).toMatch(
      /leads out of/,
    );
  });

  it.each(['../b/x', '/etc/passwd', '..', 'a\nb', ''])('named %j is refused', async (name) => {
    const problems = await faults(open().sources.digests(specOf(source(undefined, { name, kind: 'patch' }))));
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/is no name of a file/)]);
  });

  it('that is a folder is refused', async () => {
    mkdirSync(beside());
    expect(await refusal(open().sources.locate(specOf(source()), { 'a-1.tar.gz': right }))).toMatch(
      /no regular file/,
    );
  });

  it('and all that is wrong with them come back at once', async () => {
    mkdirSync(join(dir, 'SPECS/b'));
    writeFileSync(join(dir, 'SPECS/b/b.signatures.json'), '{');
    const a = specOf(source(), source(undefined, { name: 'x.patch', kind: 'patch' }));
    const b = { package: 'b', specsDir: join(dir, 'SPECS'), path: 'b/b.spec', sources: [source()] };
    const { sources } = open();
    const problems = [...(await faults(sources.digests(a))), ...(await faults(sources.digests(b)))];
    expect(problems.map(({ file, message }) => `${file?.slice(dir.length)}: ${message}`)).toEqual([
      "/SPECS/a/a.signatures.json: Source0 'a-1.tar.gz' has no entry",
      expect.stringMatching(
        /^\/SPECS\/a\/a\.spec: Patch0 'x\.patch' is nowhere to be found. Looked in the folder of the spec$/,
      ),
      expect.stringMatching(/^\/SPECS\/b\/b\.signatures\.json: This is not JSON/),
    ]);
  });

  it('without a digest is never taken by a build', async () => {
    answers['/a'] = whole;
    expect(await refusal(open().sources.locate(specOf(source(`${base}/a`)), {}))).toMatch(/nowhere/);
    expect(asked).toEqual([]);
  });
});

describe('signatures', () => {
  it('are written from what is found, patches left out, and then hold', async () => {
    answers['/a'] = whole;
    writeFileSync(join(dir, 'SPECS/a/b.conf'), 'conf');
    const spec = specOf(
      source(undefined, { name: 'b.conf', number: 1 }),
      source(`${base}/a`),
      source(undefined, { name: 'x.patch', kind: 'patch' }),
    );
    const { sources } = open();
    const file = await sources.writeSignatures(spec, 'all');
    expect(readFileSync(file as string, 'utf8')).toBe(
      `${JSON.stringify({ Signatures: { 'a-1.tar.gz': right, 'b.conf': sha('conf') } }, null, 2)}\n`,
    );
    writeFileSync(join(dir, 'SPECS/a/x.patch'), 'patch');
    await sources.locate(spec, await sources.digests(spec));
    expect(asked).toEqual(['/a']);
  });

  it('of a package whose source nobody has are not touched', async () => {
    const spec = specOf(source(`${base}/a`));
    await writeSignatures(spec, new Map([['a-1.tar.gz', right]]));
    expect(await refusal(open().sources.writeSignatures(spec, 'all'))).toMatch(/answers 404/);
    expect((await readSignatures(spec)).get('a-1.tar.gz')).toBe(right);
    expect(existsSync(join(dir, 'cache', right))).toBe(false);
  });
});
