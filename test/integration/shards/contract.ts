import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Exchange, filesBelow } from '../../../src/shared/shards/transport/exchange.ts';
import { temporaryFolders } from '../../support/temporary.ts';

/**
 * What every exchange promises.
 * @param open the exchange of a new, empty run, as often as it is called: one for each job
 */
export function exchangeContract(open: () => Promise<() => Exchange>): void {
  const temporary = temporaryFolders();
  /** A folder with one file, and its name. */
  const folder = (text: string) => {
    const dir = temporary();
    writeFileSync(join(dir, 'file'), text);
    return dir;
  };
  const put = (exchange: Exchange, name: string, text = name) =>
    exchange.create(name, filesBelow(folder(text), ['file']));
  const textOf = async (exchange: Exchange, name: string) => {
    const item = await exchange.find(name);
    const dir = join(temporary(), 'fetched');
    if (item === undefined || !(await exchange.fetch(item, dir))) return undefined;
    return readFileSync(join(dir, 'file'), 'utf8');
  };

  it('is empty at first', async () => {
    const exchange = (await open())();
    expect(await exchange.list()).toEqual([]);
    expect(await exchange.find('azl-claim-1-a-0')).toBeUndefined();
  });

  it('shows other jobs what one created, with its bytes', async () => {
    const job = await open();
    const made = await put(job(), 'azl-result-1-1-1', 'bytes');
    expect(made).toMatchObject({ name: 'azl-result-1-1-1' });
    expect(await job().list()).toEqual([made]);
    expect(await job().find('azl-result-1-1-1')).toEqual(made);
    expect(await textOf(job(), 'azl-result-1-1-1')).toBe('bytes');
  });

  it('keeps the paths of files, and their source', async () => {
    const job = await open();
    const root = temporary();
    for (const dir of ['a/b', 'c']) mkdirSync(join(root, dir), { recursive: true });
    writeFileSync(join(root, 'a/b/one'), '1');
    writeFileSync(join(root, 'c/two'), '2');
    writeFileSync(join(root, 'c/three'), '3');
    const item = await job().create('azl-result-1-1-2', filesBelow(root, ['a/b/one', 'c/two']));
    const dir = join(temporary(), 'fetched');
    expect(await job().fetch(item as NonNullable<typeof item>, dir)).toBe(true);
    expect(readdirSync(dir, { recursive: true }).sort()).toEqual(['a', 'a/b', 'a/b/one', 'c', 'c/two']);
    expect(readFileSync(join(root, 'c/two'), 'utf8')).toBe('2');
  });

  it('lets one of many have a name', async () => {
    const job = await open();
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, at) => put(job(), 'azl-claim-1-a-0', String(at))),
    );
    const won = all.flatMap((item, at) => (item === undefined ? [] : [at]));
    expect(won).toHaveLength(1);
    expect(await textOf(job(), 'azl-claim-1-a-0')).toBe(String(won[0]));
    expect(await put(job(), 'azl-claim-1-a-0', 'late')).toBeUndefined();
  });

  it('gives later artifacts higher ids', async () => {
    const job = await open();
    const ids: number[] = [];
    for (const name of ['c', 'a', 'b']) ids.push((await put(job(), name))?.id as number);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(3);
  });

  it('forgets what was removed, once or twice, and frees its name', async () => {
    const job = await open();
    const first = await put(job(), 'azl-claim-1-a-0', 'first');
    await job().remove('azl-claim-1-a-0');
    await job().remove('azl-claim-1-a-0');
    expect(await job().list()).toEqual([]);
    const second = await put(job(), 'azl-claim-1-a-0', 'second');
    expect(second?.id).toBeGreaterThan(first?.id as number);
    const dir = join(temporary(), 'fetched');
    expect(await job().fetch(first as NonNullable<typeof first>, dir)).toBe(false);
    expect(await textOf(job(), 'azl-claim-1-a-0')).toBe('second');
  });

  it('tells the age of each by one clock', async () => {
    const job = await open();
    await put(job(), 'a');
    await put(job(), 'b');
    const [a, b] = (await job().list()).sort((one, two) => one.id - two.id);
    expect(b?.createdAt).toBeGreaterThanOrEqual(a?.createdAt as number);
    expect(Math.abs((a?.createdAt as number) - Date.now() / 1000)).toBeLessThan(3600);
  });
}
