import { expect, it } from 'vitest';
import {
  proxyEnvironment,
  proxyProblems,
  shownProxies,
  unifyProxies,
} from '../../../src/shared/host/proxies.ts';

it.each([
  'socks5://me:secret@h:1',
  'http://',
  'http://me:sec/ret@h:1',
  'http://me:12#secret@h:1',
  'http://me:12?secret@h:1',
  'http://me:s%ecret@h:1',
  'h:1 h:2',
  'h:99999',
])('a variable that holds %s names no proxy; the message shows none of it', (value) => {
  const names = value.startsWith('socks') ? [] : ['all_proxy'];
  for (const name of ['http_proxy', 'HTTPS_PROXY', ...names]) {
    const [problem, ...others] = proxyProblems({ [name]: value });
    expect(problem?.message).toBe(`${name} names no http or https proxy`);
    expect(JSON.stringify(problem)).not.toContain('secret');
    expect(problem?.hint).toContain(`unset ${name}`);
    expect(others).toEqual([]);
    expect(proxyEnvironment({ [name]: value })).toEqual({});
  }
});

it('no problem is one in a variable that another precedes, or that is empty', () => {
  expect(proxyProblems({ http_proxy: 'h:1', HTTP_PROXY: 'socks5://h', https_proxy: '' })).toEqual([]);
  expect(proxyProblems({ http_proxy: 'h:1', https_proxy: 'h:1', all_proxy: 'socks5://h' })).toEqual([]);
});

it('the proxies that count are those of the lower case, then of the upper case, then of all_proxy', () => {
  expect(
    proxyEnvironment({ http_proxy: 'a:1', HTTP_PROXY: 'b:1', ALL_PROXY: 'https://me:s%40@c:1' }),
  ).toEqual({
    http_proxy: 'http://a:1/',
    https_proxy: 'https://me:s%40@c:1/',
  });
});

it.each([
  'socks5://me:secret@h:1',
  'socks://h:1',
  'SOCKS5H://h:1',
])('the SOCKS proxy %s of all_proxy stops nothing: one warning, and nobody reads it', (value) => {
  for (const name of ['all_proxy', 'ALL_PROXY']) {
    const environment: Record<string, string> = { [name]: value, http_proxy: 'h:2' };
    expect(proxyProblems(environment)).toEqual([]);
    const warnings = unifyProxies(environment);
    expect(warnings).toMatchObject([{ message: expect.stringContaining(`${name} names a SOCKS proxy`) }]);
    expect(JSON.stringify(warnings)).not.toContain('secret');
    expect(environment).toEqual({ http_proxy: 'http://h:2/' });
    expect(unifyProxies(environment)).toEqual([]);
  }
  const both = { http_proxy: 'h:2', https_proxy: 'h:2', all_proxy: value };
  expect(unifyProxies(both)).toEqual([]);
  expect(both).toEqual({ http_proxy: 'http://h:2/', https_proxy: 'http://h:2/' });
  expect(proxyEnvironment({ all_proxy: value, ALL_PROXY: 'h:3' })).toMatchObject({
    https_proxy: 'http://h:3/',
  });
});

it.each([
  ['a,\n b', 'a,b'],
  ['a.b:80 c.d', 'a.b:80,c.d'],
  [' *.b ,,\t.c, *', '.b,.c,*'],
])('the exceptions %j are written %s, which every library and apt understand', (given, written) => {
  for (const name of ['no_proxy', 'NO_PROXY']) {
    const environment: Record<string, string> = { [name]: given };
    unifyProxies(environment);
    expect(environment).toEqual({ no_proxy: written, [name]: written });
  }
});

it('an environment holds them alike for all libraries, and still says what the user wrote', () => {
  const environment: Record<string, string> = {
    HTTP_PROXY: 'b:1',
    https_proxy: 'me:x@c:1',
    HTTPS_PROXY: 'd:1',
  };
  const before = shownProxies(environment);
  unifyProxies(environment);
  expect(environment).toEqual({
    http_proxy: 'http://b:1/',
    HTTP_PROXY: 'http://b:1/',
    https_proxy: 'http://me:x@c:1/',
    HTTPS_PROXY: 'http://me:x@c:1/',
  });
  expect(before).toEqual([
    { variable: 'HTTP_PROXY', host: 'b:1', login: false },
    { variable: 'https_proxy', host: 'c:1', login: true },
  ]);
});

it('one variable for both kinds is one proxy', () => {
  const environment: Record<string, string> = { all_proxy: 'http://h:1' };
  for (const unify of [false, true]) {
    if (unify) unifyProxies(environment);
    expect(shownProxies(environment)).toEqual([{ variable: 'all_proxy', host: 'h:1', login: false }]);
  }
});
