/** What can befall one request. */
export const REQUEST_FAULTS = [
  'answers 500',
  'answers 502',
  'answers 503',
  'answers 504',
  '429 for seconds',
  '429 until a date',
  '503 for seconds',
  '503 until a date',
  '401 without claims',
  'resets before it has read',
  'resets before its headers',
  'resets in its body',
  'ends in its body',
  'ends in a chunk',
  'stalls before its headers',
  'stalls in its body',
  'answers slowly',
  'drips its body',
  'says too short a length',
  'says two lengths',
  'talks no HTTP',
  'answers garbage',
  'has huge headers',
  'redirects elsewhere',
  'closes an idle connection',
] as const;

/** What befalls an API, or the identity provider, for a while. */
export const EVENTS = [
  'tokens are revoked',
  'the API is down',
  'the provider answers 503',
  'the provider throttles',
  'the provider resets',
  'the provider hangs',
  'the provider is slow',
  'the provider answers garbage',
  'the provider is down',
] as const;

export type RequestFault = (typeof REQUEST_FAULTS)[number];
export type SoakEvent = (typeof EVENTS)[number];
export type Fault = RequestFault | SoakEvent;
