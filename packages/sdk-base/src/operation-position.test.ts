import fc from 'fast-check';
import { API, json, operationStage } from './made-operations.js';
import { parsePosition, printPosition, type OperationPosition } from './operation-position.js';

const MONITOR = `${API}/operations/1?sig=of-the-service`;

const place = fc.webUrl({ withQueryParameters: true }).map((url) => new URL(url).href);
const positions: fc.Arbitrary<OperationPosition> = fc
  .record({
    mode: fc.constantFrom('monitor', 'location', 'resource'),
    url: place,
    method: fc.constantFrom('post', 'put', 'patch', 'delete', 'get'),
    original: fc.oneof(place, fc.constant('')),
    location: fc.option(place, { nil: undefined }),
  })
  .map(({ location, ...position }) => ({ ...position, ...(location !== undefined && { location }) }));

const printed = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const WHOLE = { version: 1, mode: 'monitor', url: `${API}/a`, method: 'post', original: `${API}/b` };

describe('the text of an operation', () => {
  it('is read as it was printed', () => {
    fc.assert(
      fc.property(positions, (position) => {
        expect(parsePosition(printPosition(position))).toEqual(position);
      }),
    );
  });

  it('that is any other text is none, and nothing throws', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
    );
    fc.assert(
      fc.property(anything, (text) => {
        expect(parsePosition(text)).toBeUndefined();
      }),
    );
  });

  it('with one character changed is none, or leads by http to a place of its own', () => {
    fc.assert(
      fc.property(
        positions,
        fc.nat(),
        fc.constantFrom('A', 'Z', 'a', 'z', '0', '9', '-', '_'),
        (position, at, letter) => {
          const text = printPosition(position);
          const index = at % text.length;
          const changed = text.slice(0, index) + letter + text.slice(index + 1);
          const read = parsePosition(changed);
          expect([undefined, changed]).toContain(read && printPosition(read));
        },
      ),
    );
  });

  it.each<[string, object]>([
    ['another version', { ...WHOLE, version: 2 }],
    ['another mode', { ...WHOLE, mode: 'constructor' }],
    ['a URL that is no place', { ...WHOLE, url: 'file:///etc/passwd' }],
    ['a relative URL', { ...WHOLE, url: '/a' }],
    ['a method that is none', { ...WHOLE, method: 'GET /' }],
    ['one member more', { ...WHOLE, headers: {} }],
    ['one member less', { ...WHOLE, original: undefined }],
  ])('with %s is refused, and no part of it is shown', (_, value) => {
    const stage = operationStage([]);
    expect(() => stage.resume(printed(value))).toThrow(
      'http.poll(): the operation must be a call of this SDK, or the text of serialize(), and is another text',
    );
  });

  it('holds no token, no header and no query of the start', async () => {
    const stage = operationStage([json(202, {}, { 'Operation-Location': MONITOR })]);
    const request = {
      url: '/exports?code=a-secret-code',
      params: { key: 'a-secret-key' },
      headers: { 'x-api-key': 'a-secret-header' },
    };
    const text = await stage
      .start({ ...request, method: 'put', data: { password: 'a-secret-body' } })
      .serialize();
    expect(JSON.parse(Buffer.from(text, 'base64url').toString())).toEqual({
      version: 1,
      mode: 'monitor',
      url: MONITOR,
      method: 'put',
      original: `${API}/exports`,
    });
  });

  it('goes on in another process, and asks by its `query` for what was started', async () => {
    const script = [json(202, {}, { 'Operation-Location': MONITOR })];
    const text = await operationStage(script)
      .start({ method: 'put', url: '/exports', params: { v: '1' } })
      .serialize();
    const stage = operationStage([json(200, { status: 'Succeeded' }), json(200, { id: 7 })]);
    const asked: unknown[] = [];
    stage.client.interceptors.request.use((config) => {
      asked.push(stage.client.getUri(config));
      return config;
    });
    const done = stage.resume(text, { query: { v: '1' } }).pollUntilDone();
    await expect(stage.clock.runUntilSettled(done)).resolves.toEqual({ id: 7 });
    expect(asked).toEqual([MONITOR, `${API}/exports?v=1`]);
  });
});
