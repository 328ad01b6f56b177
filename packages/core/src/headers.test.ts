import { headerLines, removeHeader } from './index.js';

describe('a header that is taken off', () => {
  it('is gone in every case in which it stands there, so that a token that was put on twice does not stay', () => {
    const headers = { Authorization: 'Bearer t', authorization: 'DPoP t', accept: 'text/plain' };
    removeHeader(headers, 'Authorization');
    expect(headers).toEqual({ accept: 'text/plain' });
  });
});

describe('the lines of a header', () => {
  it('are those that are text: what else an adapter puts there breaks nobody who reads them', () => {
    expect(headerLines({ 'Retry-After': [7, null, '3', { at: 4 }] }, 'retry-after')).toEqual(['3']);
  });
});
