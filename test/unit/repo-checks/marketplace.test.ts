import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../../../scripts/build-dist.ts';
import { brandingColours, brandingIcons, longestDescription } from '../../support/marketplace.ts';

const files = globSync('actions/{*,*/*}/action.yml', { cwd: repository }).sort();

describe('what a marketplace shows of', () => {
  it.each(files)('%s', (file) => {
    const { name, author, description, branding } = parse(readFileSync(join(repository, file), 'utf8'));
    expect(file).toBe(`actions/${name}/action.yml`);
    expect(author).toBe('azl contributors');
    // The first sentence says what it does.
    expect(description).toMatch(/^[A-Z][a-z]+s [^.]{20,}\.( |$)/);
    expect(description.length).toBeLessThanOrEqual(longestDescription);
    expect(Object.keys(branding).sort()).toEqual(['color', 'icon']);
    expect(brandingColours).toContain(branding.color);
    expect(brandingIcons).toContain(branding.icon);
  });

  it('all actions, with an icon each', () => {
    const icons = files.map((file) => parse(readFileSync(join(repository, file), 'utf8')).branding.icon);
    expect(new Set(icons).size).toBe(files.length);
    expect(files.length).toBeGreaterThanOrEqual(7);
  });
});
