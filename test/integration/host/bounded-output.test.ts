import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { LimitError } from '../../../src/shared/host/limit-error.ts';
import { runTool } from '../../../src/shared/host/process.ts';
import { keepEnd } from '../../../src/shared/host/tool-output.ts';

const dir = mkdtempSync(join(tmpdir(), 'azl-output-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const runner = fileURLToPath(new URL('../../../src/shared/host/process.ts', import.meta.url));
const mebibyte = 1024 ** 2;

/** Runs a tool with a log in a process of its own. Returns its most memory, in bytes, and the reason of its failure. */
async function peakOf(script: string, options: Record<string, unknown>): Promise<[number, string]> {
  const program = join(dir, 'program.mjs');
  writeFileSync(
    program,
    `import { runTool } from ${JSON.stringify(runner)};
const ended = await runTool(['sh', '-c', ${JSON.stringify(script)}], ${JSON.stringify(options)}).catch((error) => error);
console.log(JSON.stringify([process.resourceUsage().maxRSS * 1024, ended.message ?? 'ended well']));`,
  );
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const chunk of child.stdout) said += chunk;
  return JSON.parse(said) as [number, string];
}

describe('the output of a tool', () => {
  it('is cut at the limit of its log, whose end says so, and takes little memory on the way', async () => {
    const log = join(dir, 'endless.log');
    const [memory, message] = await peakOf('yes', { log, logBytes: 512 * mebibyte });
    expect(message).toBe('wrote more than 512 MiB to its log');
    expect(memory).toBeLessThan(300 * mebibyte);
    const end = '\nazl: ended: it wrote more than 512 MiB to its log\n';
    expect(statSync(log).size).toBe(512 * mebibyte + end.length);
    expect(execFileSync('tail', ['-c', String(end.length), log], { encoding: 'utf8' })).toBe(end);
  });

  it('waits for a log that is written slowly', async () => {
    const log = join(dir, 'slow.log');
    execFileSync('mkfifo', [log]);
    const reader = promisify(execFile)('sh', ['-c', 'sleep 3; exec wc -c <"$1"', 'sh', log]);
    const [memory, message] = await peakOf('head -c 400M /dev/zero', { log });
    expect(message).toBe('ended well');
    expect(memory).toBeLessThan(250 * mebibyte);
    expect(Number((await reader).stdout)).toBe(400 * mebibyte);
  });

  it('takes little memory when it comes in the smallest pieces', async () => {
    const pieces = 'i=0; while [ $i -lt 200000 ]; do echo x; i=$((i + 1)); done';
    const [memory] = await peakOf(pieces, {});
    expect(memory).toBeLessThan(200 * mebibyte);
  });

  it('has lines, however it is cut, and a line without end ends the tool', async () => {
    const lines: string[] = [];
    await runTool(['printf', '%s', 'ä\nbö\n\nc'], { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['ä', 'bö', '', 'c']);
    const endless = runTool(['sh', '-c', 'yes | tr -d "\\n"'], { onLine: () => {} });
    await expect(endless).rejects.toThrow('a line that is too long');
  });

  it('goes on to the log until the tool is ended for another reason', async () => {
    const log = join(dir, 'ended.log');
    const running = runTool(['sh', '-c', 'echo begun; sleep 60'], {
      log,
      onStart: ({ end }) => setTimeout(() => end(new LimitError('memory', 'used it all')), 500),
    });
    await expect(running).rejects.toThrow('used it all');
    expect(readFileSync(log, 'utf8')).toBe('begun\n\nazl: ended: it used it all\n');
  });
});

it('the end of a long output is kept, and little more', () => {
  for (const size of [1, 3, 1000, 40_000, 200_000]) {
    const end = keepEnd(300_000);
    let whole = '';
    for (let at = 0; whole.length < 900_000; at++) {
      const piece = String(at % 10).repeat(size);
      end.push(Buffer.from(piece));
      whole += piece;
    }
    const text = end.text();
    expect(whole.endsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThanOrEqual(300_000);
    expect(text.length).toBeLessThan(300_000 + 200_000 + 1);
  }
});
