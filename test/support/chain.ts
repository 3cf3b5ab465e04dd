import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkout, makeCheckout } from './checkout.ts';

/** A checkout whose three bundles tell who ran, in which environment. `name`: see {@link makeCheckout}. */
export async function makeChain(
  bodies: { toolchain?: string; build?: string; compose?: string } = {},
  name?: string,
): Promise<Checkout> {
  const tell = (action: string) =>
    `appendFileSync('recorded', JSON.stringify({ name: '${action}', cwd: process.cwd(), env: process.env }) + '\\n');`;
  return await makeCheckout(
    {
      toolchain: `${tell('toolchain')}\noutput('toolchain-dir', '/elsewhere');\n${bodies.toolchain ?? ''}`,
      'build-packages': `${tell('build-packages')}\noutput('rpms-dir', 'two\\nlines');\n${bodies.build ?? ''}`,
      'compose-image': `${tell('compose-image')}\n${bodies.compose ?? ''}`,
    },
    name,
  );
}

/** The records that the bundles wrote in `dir`, where make was started: in their order. */
export function recorded(dir: string): { name: string; cwd: string; env: Record<string, string> }[] {
  const path = join(dir, 'recorded');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
