import { describe, expect, it } from 'vitest';
import { cutDescription } from '../../../scripts/cut-openapi.ts';
import { checkAnswer, describedCall } from '../../services/openapi.ts';
import { Releases } from '../../services/releases.ts';

const call = (method: string, path: string, body: unknown = '') =>
  describedCall(
    method,
    new URL(path, 'http://127.0.0.1'),
    Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  );
const releases = '/repos/me/distro/releases';

describe('a request of GitHub’s REST service', () => {
  it('is known by its method and path, with what is taken for what it does not say', () => {
    expect(call('GET', `${releases}?page=2`)).toMatchObject({
      operation: 'repos/list-releases',
      path: { owner: 'me', repo: 'distro' },
      query: { page: 2, per_page: 30 },
    });
    expect(call('DELETE', `${releases}/assets/7`)).toMatchObject({
      operation: 'repos/delete-release-asset',
      path: { asset_id: '7' },
    });
    expect(call('PATCH', `${releases}/7`, { draft: false })).toMatchObject({
      operation: 'repos/update-release',
      path: { release_id: '7' },
      body: { draft: false },
    });
  });

  it.each([
    ['a path', () => call('GET', '/repos/me/distro/release'), 'no GET /repos/me/distro/release'],
    ['a method', () => call('PUT', releases), 'no PUT'],
    ['the host of uploads', () => call('GET', `/uploads${releases}`), 'no GET /uploads'],
    ['the host of the API', () => call('POST', `${releases}/7/assets?name=x`, 'bytes'), 'no POST'],
    ['a name in the query', () => call('GET', `${releases}?per-page=100`), 'additional properties'],
    ['a value in the query', () => call('GET', `${releases}?per_page=all`), 'it/per_page must be integer'],
    ['a word in the query', () => call('GET', '/repos/me/distro/actions/caches?sort=name'), 'it/sort'],
    ['nothing in the query', () => call('POST', `/uploads${releases}/7/assets`), "required property 'name'"],
    ['a name in the body', () => call('PATCH', `${releases}/7`, { drafted: true }), 'additional properties'],
    ['a type in the body', () => call('PATCH', `${releases}/7`, { draft: 'no' }), 'it/draft must be boolean'],
    ['nothing in the body', () => call('POST', releases, {}), "required property 'tag_name'"],
    ['no JSON', () => call('POST', releases, 'tag'), 'JSON'],
  ])('with another thing than GitHub describes is refused: %s', (_, request, words) => {
    expect(request).toThrow(words);
  });
});

describe('an answer of GitHub’s REST service', () => {
  const made = new Releases(() => 'http://127.0.0.1').call(
    call('POST', releases, { tag_name: 'v1', draft: true }),
    true,
    {},
  );
  const body = made.body as Record<string, unknown>;
  const { author: _, ...nobody } = body;

  it('is the stand-in’s', () => {
    expect(() => checkAnswer('repos/create-release', made)).not.toThrow();
    expect(() => checkAnswer('repos/delete-release-asset', { status: 204 })).not.toThrow();
    expect(() => checkAnswer('repos/list-releases', { status: 401, body: { message: 'no' } })).not.toThrow();
  });

  it.each([
    ['another status', { status: 200, body }, 'never answers 200'],
    ['a field less', { status: 201, body: nobody }, "required property 'author'"],
    ['a field more', { status: 201, body: { ...body, size: 1 } }, 'additional properties'],
    ['another type', { status: 201, body: { ...body, id: '1' } }, 'it/id must be integer'],
    ['no address', { status: 201, body: { ...body, html_url: 'v1' } }, 'it/html_url must match format "uri"'],
    ['no moment', { status: 201, body: { ...body, created_at: 'now' } }, 'it/created_at must match format'],
    ['an error without its words', { status: 422, body: { message: 'no' } }, 'documentation_url'],
    ['an error with other words', { status: 403, body: { msg: 'no' } }, 'additional properties'],
  ])('with %s is refused', (_, answer, words) => {
    expect(() => checkAnswer('repos/create-release', answer)).toThrow(words);
  });

  it('has no body where GitHub sends none', () => {
    expect(() => checkAnswer('repos/delete-release-asset', { status: 204, body: {} })).toThrow('has a body');
  });
});

describe('a description that is cut', () => {
  const whole = {
    ...{ openapi: '3.0.3', info: { version: '1', license: { name: 'MIT' }, description: 'words' } },
    paths: {
      '/a/{b}': {
        get: {
          ...{ operationId: 'a', summary: 'words', tags: ['words'] },
          parameters: [{ $ref: '#/components/parameters/b' }],
          responses: {
            200: {
              description: 'words',
              content: { json: { schema: { $ref: '#/components/schemas/tree' } } },
            },
          },
        },
        put: { operationId: 'c' },
      },
      '/d': { get: { operationId: 'd' } },
    },
    components: {
      parameters: { b: { name: 'b', in: 'path', description: 'words', schema: { type: 'string' } } },
      schemas: {
        other: { type: 'string' },
        tree: {
          ...{ type: 'object', title: 'words', required: ['description'] },
          properties: {
            description: { type: 'string', example: 'words' },
            properties: { $ref: '#/components/schemas/tree' },
          },
        },
      },
    },
  };

  it('keeps the operations that are wanted and their schemas, and what checks nothing not', () => {
    expect(cutDescription(whole, ['a'])).toEqual({
      ...{ openapi: '3.0.3', info: { version: '1', license: { name: 'MIT' } } },
      paths: {
        '/a/{b}': {
          get: {
            operationId: 'a',
            parameters: [{ name: 'b', in: 'path', schema: { type: 'string' } }],
            responses: { 200: { content: { json: { schema: { $ref: '#/components/schemas/tree' } } } } },
          },
        },
      },
      components: {
        schemas: {
          tree: {
            ...{ type: 'object', required: ['description'] },
            properties: {
              description: { type: 'string' },
              properties: { $ref: '#/components/schemas/tree' },
            },
          },
        },
      },
    });
  });

  it('has all that are wanted', () => {
    expect(() => cutDescription(whole, ['a', 'e', 'f'])).toThrow('no operation e, f');
  });
});
