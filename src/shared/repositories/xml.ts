import { SaxesParser } from 'saxes';

/** Malformed metadata of a repository. The message does not begin with a file name. */
export class MetadataError extends Error {}

/** One XML element. */
export interface Element {
  name: string;
  attributes: Record<string, string>;
  text: string;
}

/** Elements in elements. Lists of packages have five. */
const deepest = 16;
/** Characters of one tag, text or comment. */
const longest = 1 << 20;

/** Parses XML of at most `most` bytes. A document type, which may define entities, is refused. @throws MetadataError */
export async function parseXml(
  chunks: AsyncIterable<Uint8Array> | Iterable<string>,
  most: number,
  { open, close }: Record<'open' | 'close', (element: Element) => void>,
): Promise<void> {
  const parser = new SaxesParser();
  const stack: Element[] = [];
  let since = 0;
  parser.on('error', (error) => {
    throw new MetadataError(`it is no sound XML (${error.message})`);
  });
  parser.on('doctype', () => {
    throw new MetadataError('it is no sound XML for us: it has a document type');
  });
  parser.on('opentag', ({ name, attributes }) => {
    since = 0;
    if (stack.length === deepest)
      throw new MetadataError(`it has more than ${deepest} elements in each other`);
    const element = { name, attributes: attributes as Record<string, string>, text: '' };
    stack.push(element);
    open(element);
  });
  parser.on('text', (text) => {
    since = 0;
    const inner = stack.at(-1);
    if (inner === undefined) return;
    inner.text += text;
    if (inner.text.length > longest) throw tooLong();
  });
  parser.on('closetag', () => {
    since = 0;
    close(stack.pop() as Element);
  });
  const decoder = new TextDecoder('utf-8');
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > most) throw new MetadataError(`it is longer than the ${most} bytes that it should have`);
    parser.write(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
    since += chunk.length;
    if (since > longest) throw tooLong();
  }
  parser.close();
}

function tooLong(): MetadataError {
  return new MetadataError(`it has a tag or text of more than ${longest} characters`);
}
