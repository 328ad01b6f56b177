import { scriptedTransport } from '@holdfast/testing';
import axios from 'axios';
import { createServiceClient, followLink } from './index.js';

const client = createServiceClient({
  name: 'api',
  baseURL: 'https://api.test/v1',
  credential: { getToken: () => Promise.resolve(null) },
  scopes: 'api://api/.default',
  origins: ['https://files.test'],
  axios: { params: { key: 'of the client' } },
});

describe('a link of a service', () => {
  it.each([
    ['https://api.test/v1/a?b=1#c', 'https://api.test/v1/a?b=1', true],
    ['https://files.test/a', 'https://files.test/a', true],
    ['https://api.test/v2/a', 'https://api.test/v2/a', false],
    ['https://api.test/v1/../a', 'https://api.test/a', false],
    ['https://api.test/v1/..%2fa', 'https://api.test/v1/..%2fa', false],
    ['https://api.test.evil.test/v1/a', 'https://api.test.evil.test/v1/a', false],
  ])('%s is told from one that the token may go to', (link, url, within) => {
    expect(followLink(client, link)).toMatchObject({
      url,
      within,
      request: { url, params: { key: undefined } },
    });
  });

  it.each([
    'http://api.test/v1/a',
    'https://a:b@api.test/v1/a',
    'blob:https://api.test/v1/a',
    '/a',
    '',
    'about:blank',
  ])('%s is not followed', (link) => {
    expect(() => followLink(client, link)).toThrow(
      expect.objectContaining({ code: 'ERR_TOKEN_ORIGIN' }) as Error,
    );
  });

  it('leads to this machine by http only from this machine', () => {
    const links = ['http://127.0.0.1:9200/_shutdown', 'http://localhost:1/a', 'http://[::1]:1/a'];
    const local = axios.create({ baseURL: 'http://localhost:8080' });
    const bare = axios.create();
    for (const link of links) {
      expect(followLink(local, link)).toMatchObject({ url: link, within: false });
      for (const one of [client, bare, axios.create({ baseURL: 'http://api.test' })])
        expect(() => followLink(one, link)).toThrow('is not https, nor on loopback as the client is');
      expect(() => followLink(local, 'http://api.test/a')).toThrow('nor on loopback');
    }
  });

  it('is relative to the answer that it stood in', async () => {
    const { adapter } = scriptedTransport([{ status: 200 }]);
    const response = await axios.create({ baseURL: 'https://api.test/v1', adapter }).get('/a/b?c=1');
    expect(followLink(client, '../d', response).url).toBe('https://api.test/v1/d');
    expect(followLink(client, '/d', response).within).toBe(false);
  });
});
