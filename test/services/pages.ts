import type { Answer } from './answer.ts';
import type { RestCall } from './openapi.ts';

/** The page of a list that a call asks for; its header tells where the next is. */
export function page({ url, query }: RestCall, all: readonly unknown[]): Answer {
  const at = Number(query['page']);
  const size = Math.min(100, Number(query['per_page']));
  const next = new URL(url);
  next.searchParams.set('page', String(at + 1));
  const headers: Record<string, string> = at * size < all.length ? { link: `<${next}>; rel="next"` } : {};
  return { status: 200, body: all.slice((at - 1) * size, at * size), headers };
}
