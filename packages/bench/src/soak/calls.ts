import { paginate, withCredential } from '@holdfast/client';
import type { AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios';
import { judgeAnswer, type Expected } from './answers.js';
import { DOWNLOAD_LENGTH, PAGES, UPLOAD_LENGTH, contentOf, streamOf } from './content.js';
import type { Ledger } from './ledger.js';

/** One call that is to be made. */
export interface CallToMake extends Expected {
  readonly client: AxiosInstance;
  readonly ledger: Ledger;
  readonly config: AxiosRequestConfig;
  /** Whether it stops reading in the middle of a download. */
  readonly stopsReading: boolean;
}

/** A way to call an API. It resolves to what came of it, in a word. */
interface CallKind {
  /** Of so many calls, one is of this kind. */
  readonly weight: number;
  /** Whether the service may act on it more than once. */
  readonly repeatable: boolean;
  readonly make: (call: CallToMake) => Promise<string>;
}

export type CallKindName = 'get' | 'put' | 'post' | 'post with a key' | 'download' | 'upload' | 'list';

async function judged(answer: Promise<AxiosResponse<unknown>>, call: CallToMake): Promise<string> {
  return judgeAnswer((await answer).data, call, call.ledger);
}

const CALL_KINDS: Readonly<Record<CallKindName, CallKind>> = {
  get: {
    weight: 8,
    repeatable: true,
    make: (call) => judged(call.client.get(`/item/${call.id}`, call.config), call),
  },
  put: {
    weight: 3,
    repeatable: true,
    make: (call) => judged(call.client.put(`/item/${call.id}`, { id: call.id }, call.config), call),
  },
  post: {
    weight: 3,
    repeatable: false,
    make: (call) => judged(call.client.post(`/item/${call.id}`, { id: call.id }, call.config), call),
  },
  'post with a key': {
    weight: 3,
    repeatable: false,
    make: (call) => {
      const holdfast = { ...call.config.holdfast, idempotencyKey: true } as const;
      return judged(
        call.client.post(`/item/${call.id}`, { id: call.id }, { ...call.config, holdfast }),
        call,
      );
    },
  },
  download: { weight: 2, repeatable: true, make: download },
  upload: {
    weight: 2,
    repeatable: true,
    make: (call) => {
      const holdfast = { ...call.config.holdfast, body: () => streamOf(call.id, UPLOAD_LENGTH) };
      const headers = { 'content-type': 'application/octet-stream' };
      const config = { ...call.config, headers, holdfast };
      return judged(call.client.put(`/upload/${call.id}`, undefined, config), call);
    },
  },
  list: { weight: 1, repeatable: true, make: list },
};

/** Each as often as it weighs. */
export const CALL_MIXTURE: readonly CallKindName[] = (Object.keys(CALL_KINDS) as CallKindName[]).flatMap(
  (name) => Array<CallKindName>(CALL_KINDS[name].weight).fill(name),
);

export const isRepeatable = (name: CallKindName): boolean => CALL_KINDS[name].repeatable;

/** Makes it as its caller: by a credential on the request, or in his scope. */
export function makeCall(name: CallKindName, call: CallToMake, inScope: boolean): Promise<string> {
  const { credential } = call.caller;
  const { make } = CALL_KINDS[name];
  if (credential === undefined) return make(call);
  if (inScope) return withCredential(credential, () => make(call));
  const holdfast = { ...call.config.holdfast, credential };
  return make({ ...call, config: { ...call.config, holdfast } });
}

async function download(call: CallToMake): Promise<string> {
  const { client, id, caller, ledger, stopsReading } = call;
  const response = await client.get<AsyncIterable<Uint8Array>>(`/download/${id}`, {
    ...call.config,
    responseType: 'stream',
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.data) {
    chunks.push(chunk);
    if (stopsReading) break;
  }
  const text = Buffer.concat(chunks).toString();
  const who = response.headers['x-who'] as string | undefined;
  // Garbage, half of it, or what stands elsewhere.
  if (who === undefined) return judgeAnswer(parsed(text), call, ledger);
  if (who !== caller.name) ledger.foreign.push(`${id} was made as ${caller.name} and sent to ${who}`);
  if (!contentOf(id, DOWNLOAD_LENGTH).startsWith(text)) ledger.foreign.push(`${id} got another content`);
  if (stopsReading) return 'not read to its end';
  return text.length === DOWNLOAD_LENGTH ? 'success' : 'garbage';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

async function list(call: CallToMake): Promise<string> {
  let count = 0;
  const items = paginate<{ readonly id: string }>(call.client, `/list/${call.id}.0`, call.config);
  for await (const item of items) {
    const page = Math.floor(count / 3);
    judgeAnswer(item, { ...call, id: `${call.id}.${page}` }, call.ledger);
    count += 1;
  }
  return count === PAGES * 3 ? 'success' : 'garbage';
}
