import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidDocumentError, parseDocument } from '../base/validate.ts';
import { fileDigest, textDigest } from '../host/digests.ts';
import { ifAbsent } from '../host/files.ts';
import { moveFolder, namesIn, removeAtOnce } from '../host/folders.ts';
import { readJson, writeJson } from '../host/json-files.ts';
import { NotPlainFileError, readPlainFile } from '../host/plain-files.ts';
import { clearParts } from '../host/temp-dir.ts';
import { type Result, resultSchema, type StoredParts } from '../model/build-result.ts';
import { checkResult } from './check-result.ts';
import { checkFile, manifestFile, mostManifestBytes, resultFolder } from './result-files.ts';
import { DamagedResultError, type Latest, latestSchema, type Store } from './store.ts';

/** The file with the SHA-256 of the manifest, which has those of all other files. */
const digestFile = 'result.sha256';
const longestDigest = 100;

/**
 * A store in a folder:
 *
 *     <dir>/results/<first two hex digits>/<key>/   result.json, its digest, and the SRPM and RPMs
 *     <dir>/latest/<package>.json                   the remembered facts of the package's newest result
 *
 * A result appears by one rename: a reader that finds its folder finds all of it.
 */
export class DirectoryStore implements Store {
  private readonly dir: string;
  /** Keys of results whose files were compared with their digests. */
  private readonly checked = new Set<string>();
  private swept: Promise<void> | undefined;

  constructor(dir: string) {
    this.dir = dir;
  }

  private folder(key: string): string {
    return join(this.dir, 'results', resultFolder({ key }));
  }

  private latestFile(name: string): string {
    return join(this.dir, 'latest', `${name}.json`);
  }

  // Later runs find the results here.
  offer(): void {}
  async flush(): Promise<void> {}
  saved(): StoredParts {
    return 'full';
  }
  async storedParts(): Promise<StoredParts> {
    return 'full';
  }

  async check(result: Result): Promise<void> {
    await this.open(result);
  }

  async openWithoutDebug(result: Result): Promise<string> {
    return await this.open(result);
  }

  async open(result: Result): Promise<string> {
    const folder = this.folder(result.key);
    if (this.checked.has(result.key)) return folder;
    for (const file of [result.srpm, ...result.rpms]) await checkFile(result, file, folder);
    this.checked.add(result.key);
    return folder;
  }

  async search(key: string, name: string): Promise<Result | undefined> {
    return await this.get(key, name);
  }

  async get(key: string, name: string): Promise<Result | undefined> {
    const folder = this.folder(key);
    const damaged = (reason: string) => new DamagedResultError({ package: name, key }, manifestFile, reason);
    try {
      const digest = await readPlainFile(join(folder, digestFile), longestDigest).catch(ifAbsent(undefined));
      if (digest === undefined) return undefined;
      const text = await readPlainFile(join(folder, manifestFile), mostManifestBytes).catch(ifAbsent(''));
      if (textDigest(text) !== digest.trim()) throw damaged('is not what was stored');
      return readStored(text, key, name);
    } catch (error) {
      throw error instanceof NotPlainFileError ? damaged(error.message) : error;
    }
  }

  async latest(name: string): Promise<Latest | undefined> {
    return await readJson(latestSchema, this.latestFile(name));
  }

  async drop(key: string): Promise<void> {
    this.checked.delete(key);
    await removeAtOnce(this.folder(key));
  }

  async put(result: Result, filesDir: string, replace: boolean): Promise<Result> {
    this.swept ??= this.sweep();
    await this.swept;
    await writeJson(join(filesDir, manifestFile), result);
    await writeFile(join(filesDir, digestFile), `${await fileDigest(join(filesDir, manifestFile))}\n`);
    await mkdir(join(this.folder(result.key), '..'), { recursive: true });
    if (replace) await this.drop(result.key);
    const stored = await this.commit(result, filesDir);
    const { key, components, seconds } = stored;
    await writeJson(this.latestFile(result.package), { key, components, seconds });
    return stored;
  }

  /** Removes folders that killed runs left half-moved. */
  private async sweep(): Promise<void> {
    const results = join(this.dir, 'results');
    for (const name of await namesIn(results)) await clearParts(join(results, name));
  }

  /** Moves `filesDir` to its final folder. @returns the result that is there: another complete one may have been first */
  private async commit(result: Result, filesDir: string): Promise<Result> {
    for (;;) {
      try {
        await moveFolder(filesDir, this.folder(result.key));
        this.checked.add(result.key);
        return result;
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
      const other = await this.complete(result.key, result.package);
      if (other !== undefined) {
        await rm(filesDir, { recursive: true, force: true });
        return other;
      }
      await this.drop(result.key);
    }
  }

  /** The result under a key, if its files are not damaged. */
  private async complete(key: string, name: string): Promise<Result | undefined> {
    try {
      const result = await this.get(key, name);
      if (result !== undefined) await this.open(result);
      return result;
    } catch (error) {
      if (error instanceof DamagedResultError) return undefined;
      throw error;
    }
  }
}

/** Returns the result that a folder holds; undefined if another version of azl put it there. */
function readStored(text: string, key: string, name: string): Result | undefined {
  try {
    const result = parseDocument(resultSchema, text, manifestFile);
    checkResult(result, name, key);
    return result;
  } catch (error) {
    if (error instanceof InvalidDocumentError) return undefined;
    throw error;
  }
}
