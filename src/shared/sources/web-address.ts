/** Parses an address, which may be relative to `base`; undefined if it is no http or https URL. Pure. */
export function webAddress(text: string, base?: string): URL | undefined {
  if (!URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  return ['http:', 'https:'].includes(url.protocol) && hasReadableUser(url) ? url : undefined;
}

/** True if user and password can be decoded. Node throws for others when the request is made. */
function hasReadableUser({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** Returns an address for a message: without user, password, query and fragment, which may hold secrets. Pure. */
export function shownAddress(address: string): string {
  if (!URL.canParse(address)) return address.replace(/\/\/[^/]*@/, '//').replace(/[?#].*$/s, '');
  const url = new URL(address);
  const query = url.search === '' ? '' : '?…';
  return `${url.protocol}//${url.host}${url.pathname}${query}`;
}
