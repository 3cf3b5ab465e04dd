import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleRun, runBundle } from '../support/bundle.ts';
import { building, writeTree } from '../support/tiny-distro.ts';
import { testWorker } from '../support/worker.ts';
import { leftBehind, newWorkspace, removeWorkspace, statesOf } from '../support/workspace.ts';

/** What a server sends for a source, and the reason that its package fails with. */
const hostile: Record<string, { answer: RequestListener; reason: RegExp }> = {
  huge: {
    answer: (_, response) => response.writeHead(200, { 'content-length': 8e15 }).write('x'),
    reason: /is larger than the limit of [\d.]+ MB/,
  },
  cut: {
    answer: (_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('x', () => response.socket?.end());
    },
    reason: /breaks off, 4 times/,
  },
  page: {
    answer: (_, response) => response.end('<!doctype html>'),
    reason: /other bytes \(an HTML page\), SHA-256/,
  },
  circle: {
    answer: ({ url }, response) => response.writeHead(302, { location: url }).end(),
    reason: /sends on more than 8 times/,
  },
  file: {
    answer: (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    reason: /sends on to 'file:\/\/\/etc\/passwd', which is no http or https address/,
  },
  headers: {
    answer: ({ socket }) => {
      socket.end(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(10_000)}\r\n`);
    },
    reason: /sends no valid HTTP/,
  },
  sly: {
    answer: ({ socket }) => {
      socket.end('HTTP/1.1 404 \u001b[31mNo\u0007 ::error::b ##[error]c\r\ncontent-length: 0\r\n\r\n');
    },
    reason: /answers 404|sends no valid HTTP/,
  },
};

const server = createServer((request, response) => {
  const name = /^\/([a-z]+)\//.exec(request.url ?? '')?.[1] ?? '';
  hostile[name]?.answer(request, response);
});
const workspace = newWorkspace();
let run: BundleRun;

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://me:secret@127.0.0.1:${(server.address() as AddressInfo).port}`;
  const specs = join(workspace, 'SPECS');
  await writeTree(specs, building('honest', 'true'));
  for (const name of Object.keys(hostile)) {
    await writeTree(specs, building(name, 'true', `Source0: ${origin}/${name}/source.txt`));
    // All the same: no package gets the failure of another.
    const signatures = { Signatures: { 'source.txt': 'a'.repeat(64) } };
    writeFileSync(join(specs, name, `${name}.signatures.json`), JSON.stringify(signatures));
  }
  run = await runBundle('build-packages', { 'toolchain-dir': (await testWorker()).dir }, workspace);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await removeWorkspace(workspace);
});

describe('sources of servers that misbehave', () => {
  it('fail their packages, each with its reason, and no other', () => {
    expect(run.said).toContain('honest');
    const states = statesOf(workspace);
    const expected = Object.keys(hostile).map((name) => [name, 'failed']);
    expect(states).toEqual(Object.fromEntries([['honest', 'built'], ...expected]));
    expect(run.code).toBe(1);
    for (const [name, { reason }] of Object.entries(hostile)) {
      const line = run.said.split('\n').find((one) => one.includes(`/${name}/source.txt`));
      expect(line, run.said).toMatch(reason);
    }
  });

  it('leave no part of a file, no password and no control character behind', () => {
    expect(run.said).not.toContain('secret');
    expect(run.summary).not.toContain('secret');
    for (const text of [run.said, run.summary]) expect(text).not.toMatch(/[^\P{Cc}\n\t]/u);
    expect(run.said.split('\n').filter((line) => line.startsWith('::error::b'))).toEqual([]);
    expect(leftBehind(workspace)).toEqual([]);
  });
});
