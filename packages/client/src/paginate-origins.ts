import { descriptionOf, interceptorsOn, isSecure } from '@holdfast/core';

/** Whether these are origins that a token may be sent to. */
export function isOrigins(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && isOrigin(one));
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return isSecure(url) && !url.hostname.includes('*') && url.href === `${url.origin}/`;
}

/** The origins that get a client's token beside its own: what is good enough for that is good enough for a link. */
export function tokenOriginsOf(client: object): readonly string[] {
  return (interceptorsOn(client) ?? [])
    .map(descriptionOf)
    .filter((made) => made?.name === 'attachToken')
    .flatMap((made) => made?.options ?? [])
    .flatMap(({ name, value }) => (name === 'origins' && isOrigins(value) ? value : []));
}
