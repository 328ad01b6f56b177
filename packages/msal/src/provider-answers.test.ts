import { manualClock } from '@holdfast/testing';
import { clientCredential } from './index.js';
import { MadeProvider } from './made-provider.js';

const SCOPE = 'api://orders/.default';

describe('an answer of the provider', () => {
  it('of 408 with a body of JSON is a time-out, after which it is left alone', async () => {
    await using provider = await MadeProvider.answering(408, { message: 'too slow' });
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    const one = clientCredential({ ...provider.app, clock });
    const failure = { transient: true, retryAfterMs: 5_000 };
    await expect(one.getToken(SCOPE)).rejects.toMatchObject(failure);
    await expect(one.getToken(SCOPE)).rejects.toMatchObject(failure);
    expect(provider.requests).toHaveLength(1);
  });

  it('that goes on for ever is not read to its end', async () => {
    const token = { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' };
    await using provider = await MadeProvider.answering(200, { ...token, more: 'x'.repeat(1_000_001) });
    await expect(clientCredential(provider.app).getToken(SCOPE)).rejects.toMatchObject({ transient: true });
  });

  it('that refuses one scope, with a Retry-After, locks nobody out who asks for it when it is put right', async () => {
    let isThere = false;
    await using provider = await MadeProvider.start((_, response) => {
      const token = { token_type: 'Bearer', expires_in: 3599, access_token: 'a-token' };
      if (isThere) response.end(JSON.stringify(token));
      else response.writeHead(400, { 'retry-after': '60' }).end(JSON.stringify({ error: 'invalid_scope' }));
    });
    const one = clientCredential(provider.app);
    await expect(one.getToken(SCOPE)).rejects.toMatchObject({ transient: false, retryAfterMs: 60_000 });
    isThere = true;
    await expect(one.getToken(SCOPE)).resolves.toMatchObject({ token: 'a-token' });
  });
});
