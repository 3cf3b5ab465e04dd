const names = ['http_proxy', 'https_proxy', 'no_proxy'] as const;

/** The proxy variables of an environment, as Node's agents take them; or the name of one that Node would skip over. */
export type ProxyVariables = Partial<Record<(typeof names)[number], string>> | { unusable: string };

/**
 * Returns the proxy variables of an environment. The lower case comes first, as with curl, and `host:port` is an http
 * proxy. Pure.
 */
export function proxyVariables(environment: Readonly<Record<string, string | undefined>>): ProxyVariables {
  const found: Partial<Record<(typeof names)[number], string>> = {};
  for (const lower of names) {
    const name = [lower, lower.toUpperCase()].find((one) => (environment[one] ?? '') !== '');
    if (name === undefined) continue;
    const value = environment[name] as string;
    if (lower === 'no_proxy') {
      found[lower] = value;
      continue;
    }
    const address = value.includes('://') ? value : `http://${value}`;
    if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return { unusable: name };
    found[lower] = address;
  }
  return found;
}
