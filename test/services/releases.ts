import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, restError } from './answer.ts';
import type { RestCall } from './openapi.ts';
import { page } from './pages.ts';

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
  target_commitish?: string;
  body?: string;
  assets: Asset[];
}

/** GitHub's releases of one repository, as its REST service has them. */
export class Releases {
  readonly stored: StoredRelease[] = [];
  private lastId = 0;
  private readonly address: () => string;

  constructor(address: () => string) {
    this.address = address;
  }

  /** @param writes whether the caller may write: drafts are shown to no one else */
  call(call: RestCall, writes: boolean, headers: IncomingHttpHeaders): Answer {
    const found = this.stored.find(({ id }) => String(id) === call.path['release_id']);
    switch (call.operation) {
      case 'repos/list-releases': {
        const shown = this.stored.toReversed().filter(({ draft }) => !draft || writes);
        return page(
          call,
          shown.map((one) => this.json(one)),
        );
      }
      case 'repos/create-release':
        return this.create(call.body);
      case 'repos/delete-release-asset':
        return this.remove(call.path['asset_id'] as string);
    }
    if (found === undefined || (found.draft && !writes)) return restError(404, 'Not Found');
    switch (call.operation) {
      case 'repos/get-release':
        return { status: 200, body: this.json(found) };
      case 'repos/update-release':
        Object.assign(found, kept(call.body));
        return { status: 200, body: this.json(found) };
      case 'repos/list-release-assets':
        return page(
          call,
          found.assets.map((one) => this.assetJson(one)),
        );
      case 'repos/upload-release-asset':
        if (Number(headers['content-length']) !== call.bytes.length)
          return restError(400, 'Bad Content-Length');
        return this.upload(found, call.query['name'] as string, call.bytes);
      default:
        return restError(404, 'Not Found');
    }
  }

  /** What GitHub calls an asset of this file name. */
  static nameOf(name: string): string {
    return name.replace(/[^A-Za-z0-9._+@-]+/g, '.').replace(/^\.+/, 'default.');
  }

  private create(body: RestCall['body']): Answer {
    const { tag_name: tag, draft } = body as { tag_name: string; draft?: boolean };
    // Only published releases are one for a tag.
    if (draft !== true && this.stored.some((one) => !one.draft && one.tag_name === tag))
      return taken('Release', 'tag_name');
    const defaults = { id: ++this.lastId, tag_name: tag, name: tag, draft: false, assets: [] };
    const release: StoredRelease = { ...defaults, ...kept(body) };
    this.stored.push(release);
    return { status: 201, body: this.json(release) };
  }

  private upload(release: StoredRelease, given: string, bytes: Buffer): Answer {
    const name = Releases.nameOf(given);
    if (release.assets.some((one) => one.name === name)) return taken('ReleaseAsset', 'name');
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const asset: Asset = { id: ++this.lastId, name, size: bytes.length, state: 'uploaded', digest, bytes };
    release.assets.push(asset);
    return { status: 201, body: this.assetJson(asset) };
  }

  private remove(id: string): Answer {
    const release = this.stored.find(({ assets }) => assets.some((one) => String(one.id) === id));
    if (release === undefined) return restError(404, 'Not Found');
    release.assets = release.assets.filter((one) => String(one.id) !== id);
    return { status: 204 };
  }

  private json({ assets, ...release }: StoredRelease): Record<string, unknown> {
    const url = `${this.repository()}/releases/${release.id}`;
    return {
      ...{ node_id: `RE_${release.id}`, target_commitish: 'main', body: null, prerelease: false },
      ...{ tarball_url: null, zipball_url: null, author: robot, created_at: some },
      published_at: release.draft ? null : some,
      ...release,
      html_url: `https://github.com/me/distro/releases/tag/${release.draft ? 'untagged' : release.tag_name}`,
      url,
      assets_url: `${url}/assets`,
      upload_url: `${url.replace(/(?=\/repos)/, '/uploads')}/assets{?name,label}`,
      assets: assets.map((one) => this.assetJson(one)),
    };
  }

  private assetJson({ bytes: _, ...asset }: Asset): Record<string, unknown> {
    return {
      ...{ node_id: `RA_${asset.id}`, label: null, content_type: 'application/octet-stream' },
      ...{ download_count: 0, uploader: robot, created_at: some, updated_at: some },
      ...asset,
      url: `${this.repository()}/releases/assets/${asset.id}`,
      browser_download_url: `https://github.com/me/distro/releases/download/tag/${asset.name}`,
    };
  }

  private repository(): string {
    return `${this.address()}/repos/me/distro`;
  }
}

/** The time at which everything happened. */
const some = '2026-01-01T00:00:00Z';

const api = 'https://api.github.com/users/github-actions%5Bbot%5D';
/** Who does what a job's token does. */
const robot = {
  ...{ login: 'github-actions[bot]', id: 41898282, node_id: 'MDM6Qm90NDE4OTgyODI=', type: 'Bot' },
  ...{ site_admin: false, avatar_url: 'https://avatars.githubusercontent.com/in/15368', gravatar_id: '' },
  ...{ url: api, html_url: 'https://github.com/apps/github-actions' },
  ...Object.fromEntries(
    [
      ...['followers', 'following', 'gists', 'starred', 'subscriptions'],
      ...['organizations', 'repos', 'events', 'received_events'],
    ].map((name) => [`${name}_url`, `${api}/${name}`]),
  ),
};

/** The part of a body that the release has from then on. */
function kept({
  make_latest: _,
  discussion_category_name: _discussion,
  generate_release_notes: _notes,
  ...rest
}: RestCall['body']): Partial<StoredRelease> {
  return rest;
}

function taken(resource: string, field: string): Answer {
  return restError(422, 'Validation Failed', { errors: [{ resource, code: 'already_exists', field }] });
}
