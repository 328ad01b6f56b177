import { paginate } from '@holdfast/client';
import { scriptedTransport } from '@holdfast/testing';
import axios from 'axios';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const page = readFileSync(join(__dirname, 'paging.md'), 'utf8');
const decision = readFileSync(join(__dirname, '../decisions/0024-paging.md'), 'utf8');
const quotedIn = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => quoted);

/** What a list of two pages comes to, of which the first is answered so. */
async function endingOf(data: object, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const { adapter, requests } = scriptedTransport((_, number) =>
    number === 1
      ? { status: 200, data: JSON.stringify({ value: [1], ...data }), headers }
      : { status: 200, data: '[]' },
  );
  const client = axios.create({ baseURL: 'https://api.example/v1', adapter });
  try {
    for await (const item of paginate(client, '/users')) expect(item).toBe(1);
    return requests.length === 2 ? 'is followed' : 'ends after one page';
  } catch (error) {
    expect(error).toHaveProperty('code', 'ERR_TOKEN_ORIGIN');
    return String(error);
  }
}

describe('the page of paging', () => {
  const [, table = ''] = /^\| the list is .*?\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const rows = table.trim().split('\n').slice(1);
  const links = rows.flatMap((row) => {
    const [, names = '', said = ''] = row.split('|').map((cell) => cell.trim());
    return quotedIn(names).map((link) => ({ link, said }));
  });
  const inErrors: Readonly<Record<string, string>> = {
    'is followed': 'is followed',
    'refused: another origin': 'another origin than that of the list',
    'refused: out of the base path': 'out of the base path of the client',
    'refused: a user name': 'has a user name in it',
    'refused: neither https nor http': 'does not lead to a place by https or http',
  };

  it('has links of every kind', () => {
    expect(new Set(links.map(({ said }) => said))).toEqual(new Set(Object.keys(inErrors)));
  });

  it.each(links)('says of $link what becomes of it: $said', async ({ link, said }) => {
    expect(await endingOf({ nextLink: link })).toContain(inErrors[said]);
  });
});

describe('the decision about paging', () => {
  interface Links {
    rel(name: string): readonly { readonly uri: string }[];
  }
  const require = createRequire(join(__dirname, '../../packages/client/package.json'));
  const Link = require('http-link-header') as { parse(header: string): Links };
  const headers = quotedIn(decision).filter((text) => text.startsWith('<'));

  it('names headers', () => {
    expect(headers.length).toBeGreaterThan(1);
  });

  it.each(headers)(
    'says that a list ends early where %s is read by http-link-header, and goes on here',
    async (header) => {
      const { version } = require('http-link-header/package.json') as { readonly version: string };
      expect(decision).toContain(`\`http-link-header\` ${version}`);
      expect(Link.parse(header).rel('next')).toEqual([]);
      expect(await endingOf({}, { link: header })).toBe('is followed');
    },
  );
});
