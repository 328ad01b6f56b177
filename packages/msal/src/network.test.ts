import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { manualClock, startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { clientCredential } from './index.js';
import { MadeProvider } from './made-provider.js';
import { failureOf } from './made-outcomes.js';

const SCOPE = 'api://orders/.default';
const TOKEN = { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' };

const answerToken = (_: IncomingMessage, response: ServerResponse) => response.end(JSON.stringify(TOKEN));

describe('the connection to the identity provider', () => {
  it('is used again by the next acquisition', async () => {
    await using provider = await MadeProvider.start(answerToken);
    const one = clientCredential(provider.app);
    for (let times = 0; times < 3; times += 1) await one.getToken(SCOPE);
    expect(provider.requests).toHaveLength(3);
    expect(provider.sockets.size).toBe(1);
  });

  it('that was closed while nobody used it fails nobody: the request goes out once more', async () => {
    let requests = 0;
    await using provider = await MadeProvider.start((request, response) => {
      requests += 1;
      // As if it had been closed when the request was already on its way.
      if (requests === 2) request.socket.resetAndDestroy();
      else answerToken(request, response);
    });
    const one = clientCredential(provider.app);
    await one.getToken(SCOPE);
    await expect(one.getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
    expect(requests).toBe(3);
  });

  it('that is new and reset is not tried again at once', async () => {
    await using provider = await MadeProvider.start((request) => request.socket.resetAndDestroy());
    const one = clientCredential({ ...provider.app, clock: manualClock({ fakeGlobals: false }) });
    expect(await failureOf(one.getToken(SCOPE))).toMatchObject({ retryAfterMs: 5_000 });
    expect(provider.requests).toHaveLength(1);
  });

  it('is no reason for a process to stay', async () => {
    await using idp: IdentityProvider = await startIdentityProvider();
    const program = `
      import { clientCredential } from '@holdfast/msal';
      const app = JSON.parse(process.env.APP);
      const token = await clientCredential(app).getToken('${SCOPE}');
      await clientCredential({ ...app, clientSecret: 'wrong' }).getToken('${SCOPE}').catch(() => undefined);
      console.log(typeof token.token);
    `;
    const flags = ['--conditions=@holdfast/source', '--import=tsx', '--input-type=module', '--eval', program];
    const child = spawn(process.execPath, flags, {
      cwd: join(__dirname, '..'),
      env: { ...process.env, APP: JSON.stringify(idp.app) },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
    try {
      let printed = '';
      child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
      expect(await once(child, 'close')).toEqual([0, null]);
      expect(printed).toBe('string\n');
    } finally {
      child.kill();
    }
  }, 90_000);
});

describe('an answer of the identity provider', () => {
  it('that goes on and on is not read to its end', async () => {
    let written = 0;
    await using provider = await MadeProvider.start((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const write = () => {
        while (written < 200_000_000 && response.write(chunk)) written += chunk.length;
      };
      response.on('drain', write);
      write();
    });
    const error = await failureOf(clientCredential(provider.app).getToken(SCOPE));
    expect(error).toMatchObject({
      transient: true,
      message: expect.stringContaining('gave no answer') as unknown,
    });
    expect(written).toBeLessThan(20_000_000);
  });

  it('that leads elsewhere is not followed with the secret', async () => {
    await using elsewhere = await MadeProvider.answering(200, TOKEN);
    const { token_endpoint: location } = JSON.parse(elsewhere.app.authorityMetadata) as {
      token_endpoint: string;
    };
    await using provider = await MadeProvider.answering(307, TOKEN, { location });
    expect(await failureOf(clientCredential(provider.app).getToken(SCOPE))).toMatchObject({
      transient: true,
    });
    expect(provider.requests).toHaveLength(1);
    expect(elsewhere.requests).toHaveLength(0);
  });
});

describe('the correlation id of an acquisition', () => {
  it('that failed is the one that the provider saw, and another one each time', async () => {
    await using idp: IdentityProvider = await startIdentityProvider();
    const seen: unknown[] = [];
    for (const fault of [
      { status: 503 },
      { error: 'invalid_client' },
      { status: 503, body: 'html' },
    ] as const) {
      idp.failNext(fault);
      const error = await failureOf(clientCredential(idp.app).getToken(SCOPE));
      expect(error).toMatchObject({ correlationId: idp.tokenRequests.at(-1)?.correlationId });
      seen.push((error as { correlationId?: string }).correlationId);
    }
    expect(new Set(seen).size).toBe(3);
  });
});
