import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BundleRun, runBundle } from '../bundle.ts';
import { digests, newWorkspace, removeWorkspace, statesOf } from '../workspace.ts';
import type { DistroEdit } from './edits.ts';
import type { EditedDistro } from './model.ts';
import { writeDistro } from './render.ts';

/** What a run publishes, and how each of its packages ended. */
interface Made {
  states: Record<string, string>;
  /** The same, but what is reused counts as built. */
  ends: Record<string, string>;
  files: Record<string, string>;
}

/** A distribution that is edited and built again and again, in one folder that keeps what was built. */
export class EditedRun {
  /** In numbers, what happened so far. */
  readonly counts = { builds: 0, built: 0, reused: 0, failed: 0, refused: 0, comparisons: 0 };
  distro: EditedDistro;
  private readonly toolchain: string;
  private readonly workspaces = new Set<string>();
  private dir: string;

  constructor(distro: EditedDistro, toolchain: string) {
    this.distro = distro;
    this.toolchain = toolchain;
    this.dir = this.workspace();
  }

  /** Builds the distribution for the first time. */
  async start(): Promise<BundleRun> {
    return await this.build(this.dir, this.distro);
  }

  /** Builds it after edits, and says what happened. Edits that are refused before any build are undone. */
  async edit(edits: readonly DistroEdit[]): Promise<string> {
    const what = edits.map((one) => one.what).join('; ');
    const { after } = edits.at(-1) as DistroEdit;
    const run = await this.build(this.dir, after);
    this.counts.builds++;
    const own = made(this.dir);
    if (own === undefined) {
      this.counts.refused += edits.length;
      return `${what}: refused, and undone\n${lastLines(run)}`;
    }
    this.distro = after;
    const states = Object.values(own.states);
    const number = (state: string) => states.filter((one) => one === state).length;
    for (const state of ['built', 'reused', 'failed'] as const) this.counts[state] += number(state);
    const numbers = ['built', 'reused', 'failed', 'blocked'].map((state) => `${number(state)} ${state}`);
    return `${what}: ${numbers.join(', ')}`;
  }

  /**
   * Builds the distribution in an empty folder.
   * @returns what differs there. After a difference the clean folder goes on: so it is found once
   */
  async compare(): Promise<string[]> {
    const clean = this.workspace();
    const all = await this.build(clean, this.distro);
    const [own, other] = [made(this.dir), made(clean)];
    this.counts.comparisons++;
    const differing =
      own === undefined || other === undefined
        ? [lastLines(all)]
        : [...differences(own.files, other.files), ...differences(own.ends, other.ends)];
    const ended = differing.length > 0 ? this.dir : clean;
    if (differing.length > 0) this.dir = clean;
    await removeWorkspace(ended);
    this.workspaces.delete(ended);
    return differing;
  }

  async end(): Promise<void> {
    for (const one of this.workspaces) await removeWorkspace(one);
  }

  private workspace(): string {
    const dir = newWorkspace();
    this.workspaces.add(dir);
    return dir;
  }

  private async build(dir: string, distro: EditedDistro): Promise<BundleRun> {
    mkdirSync(dir, { recursive: true });
    rmSync(join(dir, 'out/build.json'), { force: true });
    writeDistro(join(dir, 'SPECS'), distro);
    const inputs = { 'toolchain-dir': this.toolchain, 'dist-tag': distro.distTag };
    return await runBundle('build-packages', inputs, dir);
  }
}

/** What the last run in a folder made; undefined for a tree that was refused before any build. */
function made(dir: string): Made | undefined {
  let states: Record<string, string>;
  try {
    states = statesOf(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const ends = Object.entries(states).map(([name, state]) => [name, state === 'reused' ? 'built' : state]);
  return { states, ends: Object.fromEntries(ends), files: digests(dir, ['out/RPMS', 'out/SRPMS']) };
}

/** The keys with different values. */
function differences(one: Record<string, string>, other: Record<string, string>): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((key) => one[key] !== other[key]);
}

function lastLines({ said }: BundleRun): string {
  return said.trimEnd().split('\n').slice(-8).join('\n');
}
