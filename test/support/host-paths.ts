import { readFileSync } from 'node:fs';
import type { HostUse } from './trace.ts';

/** A row of docs/host-paths.md: these programs use paths of these patterns. */
export interface InventoryRow {
  patterns: string[];
  programs: string[];
}

/** Reads the rows of the table of docs/host-paths.md. */
export function inventory(): InventoryRow[] {
  const text = readFileSync(new URL('../../docs/host-paths.md', import.meta.url), 'utf8');
  const words = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word as string);
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | '))
    .map(([paths, programs]) => ({ patterns: words(paths), programs: words(programs) }));
}

/** What strangers could write: nothing of it may ever be used here, but to remove the whole. */
const forbidden = [
  /\/upper\/./,
  /\/work\/./,
  /\/mnt\/./,
  /\/worker\/./,
  /\/root\/trees\/(?:root|part-[^/]*)\/./,
  /\/roots\/[^/]+\/staging\/./,
];

/**
 * Compares uses of paths with the inventory.
 * @param uses paths relative to the places that the patterns name
 * @returns what no row allows, and the patterns and programs of rows that were not used
 */
export function compareWithInventory(rows: readonly InventoryRow[], uses: readonly HostUse[]) {
  const lines = rows.flatMap(({ patterns, programs }) =>
    patterns.map((pattern) => ({ pattern, programs, regex: globRegex(pattern) })),
  );
  const usedPatterns = new Set<string>();
  const usedPrograms = new Set<string>();
  const unknown = new Set<string>();
  const seen = new Set<string>();
  for (const { program, call, path } of uses) {
    const line = `${program} ${call} ${path}`;
    if (seen.has(line)) continue;
    seen.add(line);
    const fitting = lines.filter((one) => one.programs.includes(program) && one.regex.test(path));
    for (const { pattern, programs } of fitting) {
      usedPatterns.add(pattern);
      usedPrograms.add(`${programs.join()} ${program}`);
    }
    const isForbidden = program !== 'rm' && forbidden.some((one) => one.test(`/${path}`));
    if (fitting.length === 0 || isForbidden) unknown.add(line);
  }
  const unusedPatterns = lines.map(({ pattern }) => pattern).filter((one) => !usedPatterns.has(one));
  const unusedPrograms = rows.flatMap(({ patterns, programs }) =>
    programs
      .filter((one) => !usedPrograms.has(`${programs.join()} ${one}`))
      .map((one) => `${one} at ${patterns[0]}`),
  );
  return { unknown: [...unknown], unused: [...unusedPatterns, ...unusedPrograms] };
}

function globRegex(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === '**') return '.*';
    return part === '*' ? '[^/]*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}
