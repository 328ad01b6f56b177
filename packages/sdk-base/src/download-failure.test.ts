import { CircuitOpenError, ThrottledError, TokenAcquisitionError } from '@holdfast/core';
import type { Step } from '@holdfast/testing';
import { AxiosHeaders } from 'axios';
import { isPassing } from './download-failure.js';
import { startDownload } from './download.js';
import { readAll, scriptedStage } from './made-transfer-client.js';
import { brokenOff, resetError, served } from './made-transfer-content.js';

const CONTENT = { bytes: Buffer.from('0123456789'), etag: '"v1"' };

const sent =
  (after: number): Step =>
  ({ headers: asked }) => {
    const { status, headers, body } = served(CONTENT, asked);
    return { status, headers, data: brokenOff(body, after, after < body.length ? resetError() : undefined) };
  };

async function downloadedOver(failure: Step, options: Parameters<typeof scriptedStage>[1] = {}) {
  const stage = scriptedStage([sent(4), failure, sent(99)], {
    throttleGate: false,
    attemptTimeoutMs: false,
    ...options,
  });
  const { data } = await startDownload(stage.connection, '/x');
  const { bytes, error } = await stage.clock.runUntilSettled(readAll(data));
  return { text: String(bytes), error, sends: stage.requests.length };
}

describe('a download whose rest is asked for', () => {
  it.each<[string, Step]>([
    ['cannot be connected to', { error: 'ECONNREFUSED' }],
    ['closes an idle connection just then', { error: 'ECONNRESET', reusedSocket: true }],
    ['answers nothing', { error: 'ETIMEDOUT', afterSending: true }],
    ['is asked too often', { status: 429, headers: { 'retry-after': '1' } }],
    ['is busy', { status: 503, headers: { 'retry-after': '1' } }],
    ['has failed', { status: 500 }],
  ])('of a service that %s asks once more', async (_, failure) => {
    expect(await downloadedOver(failure)).toEqual({ text: '0123456789', error: undefined, sends: 3 });
  });

  it('once more where its headers do not come by the deadline', async () => {
    const end = await downloadedOver('hang', { deadlineMs: 1_000 });
    expect(end).toEqual({ text: '0123456789', error: undefined, sends: 3 });
  });

  it.each<[string, Step]>([
    ['does not know how to', { status: 501 }],
    ['forbids it', { status: 403 }],
    ['is not who it was', { error: 'CERT_HAS_EXPIRED' }],
  ])('of a service that %s does not ask again', async (_, failure) => {
    expect(await downloadedOver(failure)).toMatchObject({ text: '0123', sends: 2 });
  });
});

it('a download goes on after a refusal that passes, and not after one that stays', () => {
  const init = { service: 'files', config: { headers: new AxiosHeaders() } };
  const token = { ...init, message: 'no token', scopes: [] };
  const passing = [
    new CircuitOpenError({ ...init, retryAfterMs: 1 }),
    new ThrottledError({ ...init, retryAfterMs: 1, until: 2 }),
    new TokenAcquisitionError({ ...token, transient: true }),
    new TokenAcquisitionError({ ...token, transient: false }),
  ].map((error) => isPassing(error, 0));
  expect(passing).toEqual([true, true, true, false]);
});
