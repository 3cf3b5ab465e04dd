import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Header, type HeaderData } from 'tar';
import type { Toolchain } from '../../src/shared/model/toolchain.ts';
import { workerDigest } from '../../src/shared/toolchain/worker.ts';
import { testWorker } from './worker.ts';

/** An entry of a packed toolchain, which a test may change. */
export interface Entry extends HeaderData {
  content: Buffer;
}

/** Returns the bytes of an archive: headers say what the entries say, whatever the content is. */
export function archive(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ content, ...fields }) => {
    const header = Buffer.alloc(512);
    new Header({ mode: 0o644, type: 'File', size: content.length, ...fields }).encode(header);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A toolchain of two small RPMs, one of them in its worker. It is sound, but nothing runs in such a worker. */
export async function smallToolchain(): Promise<{ toolchain: Toolchain; contents: Map<string, Buffer> }> {
  const { dir, toolchain: real } = await testWorker();
  const rpms = real.rpms.filter(({ name }) => name === 'bzip2' || name === 'setup');
  const [first] = rpms as [Toolchain['rpms'][number]];
  const contents = new Map(rpms.map(({ file }) => [file, readFileSync(join(dir, 'RPMS', file))]));
  const toolchain = { ...real, rpms, worker: [first.file], workerDigest: workerDigest([first]) };
  return { toolchain, contents };
}

/** Returns the entries of a packed toolchain. */
export function entriesOf(toolchain: unknown, contents: ReadonlyMap<string, Buffer>): Entry[] {
  const rpms = [...contents].map(([file, content]) => ({ path: `RPMS/${file}`, content }));
  return [{ path: 'toolchain.json', content: Buffer.from(JSON.stringify(toolchain)) }, ...rpms];
}

/** SHA-256 in hex. */
export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
