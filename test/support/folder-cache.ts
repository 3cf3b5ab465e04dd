import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Cache, CacheUnavailableError } from '../../src/shared/github/cache/cache.ts';

/** A cache in a folder, for tests: what it was asked for, and trouble on demand. */
export class FolderCache implements Cache {
  readonly dir: string;
  readonly readable = true;
  readonly asked: string[] = [];
  /** What every look-up answers from now on instead of an entry. */
  trouble: string | undefined;
  readonly saved: string[] = [];

  constructor(dir: string) {
    this.dir = dir;
  }

  /** The folder of an entry. */
  at(place: string, key: string): string {
    return join(this.dir, place, key);
  }

  async fetch(place: string, key: string, dir: string): Promise<boolean> {
    this.asked.push(key);
    if (this.trouble !== undefined) throw new CacheUnavailableError(this.trouble);
    if (!existsSync(this.at(place, key))) return false;
    cpSync(this.at(place, key), dir, { recursive: true });
    return true;
  }

  async fetchNewest(place: string, prefix: string, dir: string): Promise<string | undefined> {
    const all = existsSync(join(this.dir, place)) ? readdirSync(join(this.dir, place)) : [];
    const age = (key: string) => statSync(this.at(place, key)).mtimeMs;
    const [key] = all.filter((one) => one.startsWith(prefix)).sort((a, b) => age(b) - age(a));
    return (await this.fetch(place, key ?? prefix, dir)) ? key : undefined;
  }

  async save(place: string, key: string, root: string, files: readonly string[]): Promise<void> {
    if (this.trouble !== undefined) throw new CacheUnavailableError(this.trouble);
    if (existsSync(this.at(place, key))) return;
    for (const file of files) {
      mkdirSync(dirname(join(this.at(place, key), file)), { recursive: true });
      cpSync(join(root, file), join(this.at(place, key), file));
    }
    this.saved.push(key);
  }
}
