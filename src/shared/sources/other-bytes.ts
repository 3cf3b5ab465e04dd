import { open } from 'node:fs/promises';

/** Returns the reason to refuse a file with another digest: it names what the bytes look like. */
export async function otherBytes(path: string, found: string, wanted: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const kind = kindOf(buffer.subarray(0, bytesRead));
    return `other bytes${kind === undefined ? '' : ` (${kind})`}, SHA-256 ${found} instead of ${wanted}`;
  } finally {
    await file.close();
  }
}

/** Names what a file is that begins so, if it is what servers send in place of a file. Pure. */
export function kindOf(head: Buffer): string | undefined {
  if (head.length === 0) return 'an empty file';
  const text = head.toString('latin1').trimStart();
  if (/^<(!doctype html|html|head|body)\b/i.test(text)) return 'an HTML page';
  if (/^<\?xml\b/.test(text)) return 'an XML document';
  if (/^version https:\/\/git-lfs/.test(text)) return 'a pointer of Git LFS';
  return /^[{[]/.test(text) ? 'a JSON document' : undefined;
}
