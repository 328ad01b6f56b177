const MOST_ORIGINS = 1_000;

interface NamedOrigin {
  readonly service: string;
  readonly key: string;
}

/** By origin: a text that is put together anew for each call would have to be hashed anew for each look-up. */
const named = new Map<string, NamedOrigin>();

/** The key of a service at an origin; of a service without a name of its own, the origin. */
export function serviceKey(service: string, origin: string): string {
  if (service === origin) return origin;
  const known = named.get(origin);
  if (known?.service === service) return known.key;
  if (named.size >= MOST_ORIGINS) named.clear();
  const key = `${service} ${origin}`;
  named.set(origin, { service, key });
  return key;
}
