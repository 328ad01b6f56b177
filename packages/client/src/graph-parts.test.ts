import fc from 'fast-check';
import {
  batchAnswerIn,
  batchIn,
  mayBeThrottled,
  merged,
  throttledParts,
  type BatchPart,
} from './graph-parts.js';

const part = (id: string, dependsOn?: string[], method = 'GET'): BatchPart => ({
  id,
  method,
  url: `/${id}`,
  ...(dependsOn && { dependsOn }),
});
const answers = (statuses: Readonly<Record<string, number>>) =>
  Object.entries(statuses).map(([id, status]) => ({ id, status }));
const again = (parts: readonly BatchPart[], statuses: Readonly<Record<string, number>>) =>
  throttledParts(parts, answers(statuses)).map(({ id, dependsOn }) =>
    dependsOn ? `${id} after ${dependsOn.join()}` : id,
  );

describe('which parts of a batch are sent again', () => {
  it('those that were answered by 429, 503 and 504, in their order', () => {
    const parts = ['1', '2', '3', '4', '5', '6'].map((id) => part(id));
    expect(again(parts, { 6: 504, 5: 500, 4: 429, 3: 404, 2: 503, 1: 200 })).toEqual(['2', '4', '6']);
  });

  it.each(['POST', 'PATCH', 'post', 'MERGE'])('none that is a %s: it may have been acted on', (method) => {
    expect(again([part('1', undefined, method)], { 1: 429 })).toEqual([]);
  });

  it.each(['GET', 'PUT', 'DELETE', 'head', 'Options'])('one that is a %s', (method) => {
    expect(again([part('1', undefined, method)], { 1: 429 })).toEqual(['1']);
  });

  it('a part that was left out because of one goes along, and so does what hangs on that', () => {
    const parts = [part('1'), part('2', ['1']), part('3', ['2'])];
    expect(again(parts, { 1: 429, 2: 424, 3: 424 })).toEqual(['1', '2 after 1', '3 after 2']);
  });

  it('in whatever order they stand', () => {
    const parts = [part('3', ['2']), part('2', ['1']), part('1')];
    expect(again(parts, { 1: 429, 2: 424, 3: 424 })).toEqual(['3 after 2', '2 after 1', '1']);
  });

  it('what it hung on, and has succeeded, is not waited for any more', () => {
    const parts = [part('1'), part('2', ['1']), part('3', ['1', '2'])];
    expect(again(parts, { 1: 200, 2: 429, 3: 424 })).toEqual(['2', '3 after 2']);
  });

  it('one that was left out because of a real failure stays out', () => {
    const parts = [part('1'), part('2'), part('3', ['1', '2'])];
    expect(again(parts, { 1: 404, 2: 429, 3: 424 })).toEqual(['2']);
  });

  it('one behind a POST that was throttled stays out, as that does', () => {
    const parts = [part('1', undefined, 'POST'), part('2', ['1']), part('3')];
    expect(again(parts, { 1: 429, 2: 424, 3: 429 })).toEqual(['3']);
  });

  it.each([400, 404, 429, 424])(
    'one that was throttled itself, behind a POST that came to nothing (%d), is not done without it',
    (status) => {
      const parts = [part('copy', undefined, 'POST'), part('delete', ['copy'], 'DELETE')];
      expect(again(parts, { copy: status, delete: 429 })).toEqual([]);
    },
  );

  it('all of a chain that was throttled as a whole go again, in their order', () => {
    const parts = [part('3', ['2']), part('2', ['1']), part('1')];
    expect(again(parts, { 1: 429, 2: 429, 3: 503 })).toEqual(['3 after 2', '2 after 1', '1']);
  });

  it('one that was left out although what it hung on has succeeded stays as it was answered', () => {
    expect(again([part('1'), part('2', ['1'])], { 1: 200, 2: 424 })).toEqual([]);
  });

  it('one behind a part that was not answered stays out', () => {
    const parts = [part('1'), part('2', ['1']), part('3', ['4'])];
    expect(again(parts, { 2: 429, 3: 429 })).toEqual([]);
  });

  it('ids are the same in upper and lower case', () => {
    expect(again([part('A'), part('b', ['a'])], { a: 429, B: 424 })).toEqual(['A', 'b after a']);
    expect(again([part('a'), part('b', ['A'])], { A: 429, b: 424 })).toEqual(['a', 'b after A']);
  });

  it('parts that were to be all or nothing stay together, and are not sent again', () => {
    expect(again([{ ...part('1'), atomicityGroup: 'g' }], { 1: 429 })).toEqual([]);
  });

  it('what else stands in a part goes along', () => {
    const whole = { ...part('1', undefined, 'PUT'), headers: { 'If-Match': 'x' }, body: { a: 1 } };
    expect(throttledParts([whole], answers({ 1: 429 }))).toEqual([whole]);
  });
});

describe('a batch is left alone', () => {
  it.each<[string, unknown]>([
    ['that is no text', { requests: [part('1')] }],
    ['that is no JSON', '{'],
    ['without requests', '{}'],
    ['of other things', '{"requests":[1]}'],
    ['without ids', '{"requests":[{"method":"GET"}]}'],
    ['whose ids are numbers', '{"requests":[{"id":1,"method":"GET"}]}'],
    ['with one id twice', '{"requests":[{"id":"a","method":"GET"},{"id":"A","method":"GET"}]}'],
    ['that depends on other things', '{"requests":[{"id":"a","method":"GET","dependsOn":[1]}]}'],
    [
      'in which a number would come out as another',
      '{"requests":[{"id":"a","method":"PUT","body":{"n":12345678901234567890}}]}',
    ],
  ])('%s', (_, data) => {
    expect(batchIn(data)).toBeUndefined();
  });

  it('but not for how it is set', () => {
    const batch = { requests: [part('1')], more: true };
    expect(batchIn(JSON.stringify(batch, null, 2))).toEqual(batch);
    expect(batchIn(JSON.stringify(batch).replace('"more"', '"\\u006dore"'))).toEqual(batch);
  });
});

describe('an answer', () => {
  it.each<[string, unknown]>([
    ['that is parsed', { responses: [] }],
    ['that is a page', '<html>'],
    ['without responses', '{"value":[]}'],
    ['without a status', '{"responses":[{"id":"1"}]}'],
    ['without an id', '{"responses":[{"status":200}]}'],
    [
      'in which a number would come out as another',
      '{"responses":[{"id":"1","status":200,"body":{"n":12345678901234567890}}]}',
    ],
    ['with two for one part', '{"responses":[{"id":"1","status":200},{"id":"1","status":429}]}'],
  ])('%s cannot be told apart by its parts', (_, data) => {
    expect(batchAnswerIn(data)).toBeUndefined();
  });

  it.each(['0.0', '1.0', '-7', '1e3', '1E+21', '0.1', '0.30000000000000004', '9007199254740991', '1.5E-07'])(
    'in which a number is written as %s is read: it comes out as the same',
    (number) => {
      const text = `{"responses":[{"id":"1","status":200,"body":{"n":${number},"text":"\\"99999999999999999999"}}]}`;
      expect(batchAnswerIn(text)).toEqual(JSON.parse(text));
    },
  );

  it.each(['9007199254740993', '0.12345678901234567890', '1e400', '1e-400'])(
    'in which a number is written as %s is none to take apart',
    (number) => {
      expect(batchAnswerIn(`{"responses":[{"id":"1","status":200,"body":[${number}]}]}`)).toBeUndefined();
    },
  );

  it('in which nothing is throttled is not even read', () => {
    expect(mayBeThrottled('{"responses":[{"id":"1","status":200},{"id":"429","status":404}]}')).toBe(false);
    for (const status of [429, 503, 504])
      expect(mayBeThrottled(`{"responses":[{"id":"1", "status" : ${status}}]}`)).toBe(true);
  });

  it('takes later answers in, in the order of the first, for the parts that were sent, and nothing else', () => {
    const first = { responses: answers({ a: 200, b: 429, c: 429 }), '@odata.context': 'x' };
    const later = { responses: answers({ C: 200, B: 201, a: 500, d: 200 }) };
    const responses = answers({ a: 200, B: 201, C: 200 });
    expect(merged(first, [part('b'), part('C')], later)).toEqual({ responses, '@odata.context': 'x' });
  });
});

const dag = fc
  .array(
    fc.tuple(
      fc.constantFrom('GET', 'PUT', 'DELETE', 'POST', 'PATCH'),
      fc.array(fc.nat(19), { maxLength: 3 }),
    ),
    { minLength: 1, maxLength: 20 },
  )
  .map((nodes) =>
    nodes.map(([method, on], index) => {
      const dependsOn = [...new Set(on.filter((other) => other < index).map(String))];
      return part(String(index), dependsOn.length > 0 ? dependsOn : undefined, method);
    }),
  );

it('what is sent again is whole: nothing in it hangs on what is not there, and nothing in it has succeeded', () => {
  const status = fc.constantFrom(200, 204, 404, 424, 429, 503, 504);
  fc.assert(
    fc.property(dag, fc.array(status, { minLength: 20, maxLength: 20 }), (parts, statuses) => {
      const given = parts.map(({ id }, index) => ({ id, status: statuses[index] ?? 200 }));
      const sent = throttledParts(parts, given);
      const ids = new Set(sent.map(({ id }) => id));
      for (const { id, method, dependsOn } of sent) {
        expect(['GET', 'PUT', 'DELETE']).toContain(method);
        expect((dependsOn ?? []).every((on) => ids.has(on))).toBe(true);
        expect([424, 429, 503, 504]).toContain(statuses[Number(id)]);
        const before = parts[Number(id)]?.dependsOn ?? [];
        expect(before.every((on) => ids.has(on) || (statuses[Number(on)] ?? 500) < 400)).toBe(true);
      }
      expect(sent.map(({ id }) => Number(id))).toEqual([...ids].map(Number).sort((a, b) => a - b));
    }),
  );
});
