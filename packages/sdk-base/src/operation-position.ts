import { headerOf } from '@holdfast/core';
import axios, { type AxiosResponse } from 'axios';
import { OperationError } from './operation-error.js';
import { provisioningStateIn, type OperationMode } from './operation-state.js';

/** Where an operation stands: all that another process needs to go on with it. All URLs are absolute. */
export interface OperationPosition {
  readonly mode: OperationMode;
  /** Where it is looked at. */
  readonly url: string;
  /** By which it was started, in lower case. */
  readonly method: string;
  /** What it was started at, without a query: in that may be what nobody should store. */
  readonly original: string;
  /** The `Location` that the start was answered with beside a monitor. */
  readonly location?: string;
}

/** Where a link leads that stood in an answer. */
type Resolve = (link: string, from: AxiosResponse) => string;

/**
 * Where an operation is to be followed, by the answer to its start; `undefined` when it was done at once. `Operation-Location`
 * counts first, then `Azure-AsyncOperation`, then `Location`, as in Azure's own SDKs.
 *
 * @throws {OperationError} when it was accepted, and the answer does not say where to look.
 */
export function positionAfter(start: AxiosResponse, resolve: Resolve): OperationPosition | undefined {
  const method = (start.config.method ?? 'get').toLowerCase();
  const original = originalOf(start);
  const monitor = monitorIn(start);
  const location = linkIn(start, 'location');
  if (monitor !== undefined)
    return {
      mode: 'monitor',
      url: resolve(monitor, start),
      method,
      original,
      ...(location !== undefined && { location: resolve(location, start) }),
    };
  if (location !== undefined) return { mode: 'location', url: resolve(location, start), method, original };
  const isOfResource = method === 'put' || method === 'patch';
  if (isOfResource && (start.status === 202 || provisioningStateIn(start.data) !== undefined))
    return { mode: 'resource', url: original, method, original };
  if (start.status !== 202) return undefined;
  throw new OperationError(
    'The service has accepted the operation, and says nowhere where to look for it: no Operation-Location, Azure-AsyncOperation or Location came with its answer',
    start,
  );
}

/** Where it stands after a look: the service may have moved what is looked at. */
export function positionAfterLook(
  position: OperationPosition,
  answer: AxiosResponse,
  resolve: Resolve,
): OperationPosition {
  const { mode } = position;
  if (mode === 'resource') return position;
  const moved = mode === 'monitor' ? monitorIn(answer) : linkIn(answer, 'location');
  return moved === undefined ? position : { ...position, url: resolve(moved, answer) };
}

function monitorIn(answer: AxiosResponse): string | undefined {
  return linkIn(answer, 'operation-location') ?? linkIn(answer, 'azure-asyncoperation');
}

/** One that is empty would lead back to what was asked, and that is not what has become of it. */
function linkIn({ headers }: AxiosResponse, name: string): string | undefined {
  const link = headerOf(headers, name)?.trim();
  return link === '' ? undefined : link;
}

function originalOf({ config }: AxiosResponse): string {
  const { url = '', baseURL = '', allowAbsoluteUrls = true } = config;
  const asked = axios.getUri({ url, baseURL, allowAbsoluteUrls });
  if (!URL.canParse(asked)) return '';
  const { origin, pathname } = new URL(asked);
  return origin + pathname;
}

const VERSION = 1;
const MODES: readonly unknown[] = ['monitor', 'location', 'resource'] satisfies OperationMode[];
/** Longer than any URL that a server takes; a store that is full of something else is not read for ever. */
const LONGEST_TEXT = 100_000;

/** A position as a text that can be stored. */
export function printPosition(position: OperationPosition): string {
  return Buffer.from(JSON.stringify({ version: VERSION, ...position })).toString('base64url');
}

/** What was printed; `undefined` for any other text. */
export function parsePosition(text: string): OperationPosition | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const read = parsed(text);
  if (typeof read !== 'object' || read === null) return undefined;
  const { version, mode, url, method, original, location, ...others } = read as Readonly<
    Record<string, unknown>
  >;
  const isPosition =
    version === VERSION &&
    MODES.includes(mode) &&
    isPlace(url) &&
    typeof method === 'string' &&
    /^[a-z]{1,20}$/.test(method) &&
    (original === '' || isPlace(original)) &&
    (location === undefined || isPlace(location)) &&
    Object.keys(others).length === 0;
  if (!isPosition) return undefined;
  const position = {
    mode,
    url,
    method,
    original,
    ...(location !== undefined && { location }),
  } as OperationPosition;
  // One position has one text: neither another order nor a member that stands twice is of our making.
  return printPosition(position) === text ? position : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
  } catch {
    return undefined;
  }
}

function isPlace(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^https?:/.test(value) &&
    URL.canParse(value) &&
    new URL(value).href === value
  );
}
