import { Readable } from 'node:stream';
import axios, { type AxiosAdapter } from 'axios';
import { callOf } from '@holdfast/core';
import { challengeHeader, manualClock, staticCredential } from '@holdfast/testing';
import { attachToken, claimsChallenge, deadline, install } from './index.js';

const CHALLENGE = challengeHeader({ claims: { access_token: { nbf: { value: '1' } } } });
const DEADLINE_MS = 1_000;

describe('a call whose deadline is over while another token is asked for', () => {
  async function failed() {
    const clock = manualClock({ fakeGlobals: false });
    const body = Readable.from(['no']);
    const headers = { 'www-authenticate': CHALLENGE };
    const adapter: AxiosAdapter = (config) =>
      Promise.resolve({ status: 401, statusText: '', data: body, headers, config });
    let asked: () => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const source = staticCredential((_, number) => {
      if (number === 1) return 't-1';
      asked();
      return new Promise(() => undefined);
    });
    const client = axios.create({ baseURL: 'https://orders.test', adapter });
    const token = attachToken(source, { scopes: 's', clock });
    install(client, [deadline({ deadlineMs: DEADLINE_MS, clock }), token, claimsChallenge()], { clock });
    const failure = client.get('/7').catch((error: unknown) => error);
    await isAsked;
    await clock.advance(DEADLINE_MS);
    return { failure: await failure, body };
  }

  it('says so, and which answer it was about', async () => {
    const { failure } = await failed();
    expect(failure).toMatchObject({ code: 'ERR_DEADLINE_EXCEEDED', cause: { response: { status: 401 } } });
    expect(callOf(failure)?.attempts[0]?.decisions).toEqual([
      'claims challenge (nbf) not answered: given up meanwhile',
      'the deadline of 1000 ms was over',
    ]);
  });

  it('lets go of the answer, so that its socket is free', async () => {
    const { body } = await failed();
    expect(body.destroyed).toBe(true);
  });
});
