import { SaxesParser } from 'saxes';

/** Malformed metadata of a repository. The message does not begin with a file name. */
export class MetadataError extends Error {}

/** One XML element. */
export interface Element {
  name: string;
  attributes: Record<string, string>;
  text: string;
}

/** Parses XML of at most `most` bytes. @throws MetadataError */
export async function parseXml(
  chunks: AsyncIterable<Uint8Array> | Iterable<string>,
  most: number,
  { open, close }: Record<'open' | 'close', (element: Element) => void>,
): Promise<void> {
  const parser = new SaxesParser();
  const stack: Element[] = [];
  parser.on('error', (error) => {
    throw new MetadataError(`it is no sound XML (${error.message})`);
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes: attributes as Record<string, string>, text: '' };
    stack.push(element);
    open(element);
  });
  parser.on('text', (text) => {
    const inner = stack.at(-1);
    if (inner !== undefined) inner.text += text;
  });
  parser.on('closetag', () => close(stack.pop() as Element));
  const decoder = new TextDecoder('utf-8');
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > most) throw new MetadataError(`it is longer than the ${most} bytes that it should have`);
    parser.write(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
  }
  parser.close();
}
