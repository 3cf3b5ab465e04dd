import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDebianSources } from '../../../src/shared/sources/debian-sources.ts';
import { parseSignatures } from '../../../src/shared/sources/signatures.ts';

const specsDir = 'examples/distro/SPECS';
const listed = 'examples/distro/debian-sources.json';
const debian = parseDebianSources(readFileSync(listed, 'utf8'), listed);

const packages = readdirSync(specsDir).map((name) => {
  const text = readFileSync(join(specsDir, name, `${name}.spec`), 'utf8');
  const file = join(specsDir, name, `${name}.signatures.json`);
  const values = (tag: RegExp) => [...text.matchAll(tag)].map((match) => match[1] as string);
  return {
    name,
    text,
    signatures: parseSignatures(readFileSync(file, 'utf8'), file),
    sources: values(/^Source\d*:\s+(\S+)/gm),
    patches: values(/^Patch\d*:\s+(\S+)/gm),
    requires: values(/^BuildRequires:\s+(\S+)/gm),
    makes: values(/^%package\s+(?!-n)(\S+)/gm).map((sub) => `${name}-${sub}`),
  };
});

describe.each(packages)('the example package $name', ({ name, text, signatures, sources, patches }) => {
  it('has a signature for each source, and each file that lies beside it has that digest', () => {
    expect(signatures.size).toBe(sources.length);
    for (const [file, digest] of signatures) {
      const path = join(specsDir, name, file);
      if (!existsSync(path)) expect(debian.files.has(file), `${file} in ${listed}`).toBe(true);
      else expect(createHash('sha256').update(readFileSync(path)).digest('hex'), file).toBe(digest);
    }
  });

  it('has its patches beside it and its upstream sources at https addresses', () => {
    for (const patch of patches) expect(existsSync(join(specsDir, name, patch)), patch).toBe(true);
    for (const source of sources) {
      if (source.includes('://')) expect(source).toMatch(/^https:\/\//);
      else expect(existsSync(join(specsDir, name, source)), source).toBe(true);
    }
  });

  it('names no folder that rpm has a macro for', () => {
    const lines = text.split('\n').filter((line) => !line.includes('/sbin/ldconfig'));
    expect(lines.filter((line) => /(?:^|\s)\/(usr|etc|var)\//.test(line))).toEqual([]);
  });
});

describe('the example distribution', () => {
  it('has a chain of four builds', () => {
    const makers = new Map(
      packages.flatMap(({ name, makes }) => [name, ...makes].map((made) => [made, name])),
    );
    const depth = (name: string): number => {
      const needs = packages.find((one) => one.name === name)?.requires ?? [];
      return 1 + Math.max(0, ...needs.flatMap((need) => makers.get(need) ?? []).map(depth));
    };
    expect(Math.max(...packages.map(({ name }) => depth(name)))).toBeGreaterThanOrEqual(4);
  });

  it("runs at least six upstreams' own suites", () => {
    const own = packages.filter(({ text }) => /^%check\n(.*\n)*?.*\b(check|test)\b/m.test(text));
    expect(own.length).toBeGreaterThanOrEqual(6);
  });

  it('has patches, subpackages, noarch packages and scriptlets', () => {
    const some = (pattern: RegExp) => packages.filter(({ text }) => pattern.test(text)).length;
    expect(some(/^Patch\d/m)).toBeGreaterThan(0);
    expect(some(/^%package/m)).toBeGreaterThan(3);
    expect(some(/^BuildArch:\s+noarch/m)).toBeGreaterThan(1);
    expect(some(/^%post/m)).toBeGreaterThan(1);
    expect(some(/^BuildRequires:\s+pkgconfig\(/m)).toBeGreaterThan(0);
  });
});
