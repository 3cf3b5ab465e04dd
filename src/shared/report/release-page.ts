import type { WantedAsset } from '../release/assets.ts';

/** Returns the summary page of a release, as Markdown. Pure. */
export function releasePage(title: string, url: string, assets: readonly WantedAsset[]): string {
  const rows = assets.map(({ name, size, sha256 }) => `| ${name} | ${size} | ${sha256} |`);
  return `### [${title}](${url})\n\n| file | bytes | SHA-256 |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}
