import { createHash } from 'node:crypto';
import { type Answer, BadRequest, field } from './answer.ts';

interface Asset {
  id: number;
  name: string;
  size: number;
  state: 'uploaded' | 'starter';
  digest: string | null;
  bytes: Buffer;
}

export interface StoredRelease {
  id: number;
  tag_name: string;
  name: string;
  draft: boolean;
  assets: Asset[];
}

/** Tokens by what they may do. */
export const tokens = { write: 'a-token-that-may-write', read: 'a-token-that-may-read' };

/** GitHub's releases of one repository, as its REST service has them. */
export class Releases {
  readonly stored: StoredRelease[] = [];
  private lastId = 0;
  private readonly address: () => string;

  constructor(address: () => string) {
    this.address = address;
  }

  /** Answers a call below `/repos/<owner>/<repo>`, or of the host for uploads (below `/uploads`). */
  call(method: string, url: URL, headers: Record<string, unknown>, bytes: Buffer): Answer {
    const token = /^(?:token|Bearer) (.+)$/i.exec(String(headers['authorization'] ?? ''))?.[1];
    if (token !== tokens.write && token !== tokens.read) return error(401, 'Bad credentials');
    if (method !== 'GET' && token !== tokens.write)
      return error(403, 'Resource not accessible by integration');
    const path = url.pathname.replace(/^(\/uploads)?\/repos\/[^/]+\/[^/]+/, '');
    const body = () => JSON.parse(bytes.toString('utf8') || '{}') as Record<string, unknown>;
    const [, release] = /^\/releases\/(\d+)/.exec(path) ?? [];
    const [, asset] = /^\/releases\/assets\/(\d+)$/.exec(path) ?? [];
    const found = this.stored.find(({ id }) => id === Number(release));
    if (path === '/releases' && method === 'GET') return this.list(url, token);
    if (path === '/releases' && method === 'POST') return this.create(body());
    if (asset !== undefined && method === 'DELETE') return this.remove(Number(asset));
    if (release !== undefined && found === undefined) return error(404, 'Not Found');
    if (found === undefined) return error(404, 'Not Found');
    if (path.endsWith('/assets') && method === 'GET') {
      return page(url, found.assets.map(assetJson));
    }
    if (path.endsWith('/assets') && method === 'POST' && url.pathname.startsWith('/uploads'))
      return this.upload(found, url, headers, bytes);
    if (method === 'PATCH') {
      Object.assign(found, body());
      return { status: 200, body: this.json(found) };
    }
    return error(404, 'Not Found');
  }

  /** What GitHub calls an asset of this file name. */
  static nameOf(name: string): string {
    return name.replace(/[^A-Za-z0-9._+@-]+/g, '.').replace(/^\.+/, 'default.');
  }

  private list(url: URL, token: string): Answer {
    // Drafts are shown to who may write.
    const shown = this.stored.toReversed().filter(({ draft }) => !draft || token === tokens.write);
    return page(
      url,
      shown.map((one) => this.json(one)),
    );
  }

  private create(body: Record<string, unknown>): Answer {
    const tag = field(body, 'tag_name', 'string');
    const draft = body['draft'] === true;
    // Only published releases are one for a tag.
    if (!draft && this.stored.some((one) => !one.draft && one.tag_name === tag))
      return error(422, 'Validation Failed');
    const name = typeof body['name'] === 'string' ? body['name'] : tag;
    const release = { id: ++this.lastId, tag_name: tag, name, draft, assets: [] };
    this.stored.push(release);
    return { status: 201, body: this.json(release) };
  }

  private upload(release: StoredRelease, url: URL, headers: Record<string, unknown>, bytes: Buffer): Answer {
    const given = url.searchParams.get('name');
    if (given === null || given === '') throw new BadRequest('name');
    const length = Number(headers['content-length']);
    if (length !== bytes.length) return error(400, 'Bad Content-Length');
    const name = Releases.nameOf(given);
    if (release.assets.some((one) => one.name === name)) return error(422, 'already_exists');
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const asset: Asset = { id: ++this.lastId, name, size: bytes.length, state: 'uploaded', digest, bytes };
    release.assets.push(asset);
    return { status: 201, body: assetJson(asset) };
  }

  private remove(id: number): Answer {
    const release = this.stored.find(({ assets }) => assets.some((one) => one.id === id));
    if (release === undefined) return error(404, 'Not Found');
    release.assets = release.assets.filter((one) => one.id !== id);
    return { status: 204 };
  }

  private json({ assets, ...release }: StoredRelease): Record<string, unknown> {
    return {
      ...release,
      html_url: `https://github.com/me/distro/releases/tag/${release.draft ? 'untagged' : release.tag_name}`,
      upload_url: `${this.address()}/uploads/repos/me/distro/releases/${release.id}/assets{?name,label}`,
      assets: assets.map(assetJson),
    };
  }
}

function assetJson({ bytes: _, ...asset }: Asset): Record<string, unknown> {
  return asset;
}

/** One page of a list; its header tells where the next is. */
function page(url: URL, all: readonly unknown[]): Answer {
  const at = Number(url.searchParams.get('page') ?? '1');
  const size = Math.min(100, Number(url.searchParams.get('per_page') ?? '30'));
  const next = new URL(url);
  next.searchParams.set('page', String(at + 1));
  const headers: Record<string, string> = at * size < all.length ? { link: `<${next}>; rel="next"` } : {};
  return { status: 200, body: all.slice((at - 1) * size, at * size), headers };
}

function error(status: number, message: string): Answer {
  return { status, body: { message, documentation_url: 'https://docs.github.com/rest' } };
}
