import type { Answer } from './loopback-server.js';
import type { Redirection } from './authorization-endpoint.js';

/** How a browser is sent on (OAuth 2.0 Multiple Response Types, section 2.1, and Form Post Response Mode). */
export function redirectionAnswer({ redirectUri, mode, parameters }: Redirection): Answer {
  if (mode === 'form_post')
    return { headers: { 'Content-Type': 'text/html' }, body: formOf(redirectUri, parameters) };
  const location = new URL(redirectUri);
  if (mode === 'fragment') location.hash = parameters.toString();
  else for (const [name, value] of parameters) location.searchParams.set(name, value);
  return { status: 302, headers: { Location: location.href } };
}

/** Goes to an address that leads on to a client, as a browser does that runs scripts; resolves to what was delivered. */
export async function browse(url: string): Promise<URLSearchParams> {
  const response = await fetch(url, { redirect: 'manual' });
  const page = await response.text();
  const location = response.headers.get('location');
  if (location !== null) {
    const { searchParams, hash } = new URL(location);
    await deliver(location);
    return hash === '' ? searchParams : new URLSearchParams(hash.slice(1));
  }
  const action = /<form method="POST" action="([^"]*)">/.exec(page)?.[1];
  if (action === undefined)
    throw new Error(`The sign-in stays on a page with status ${response.status}: ${page}`);
  const parameters = new URLSearchParams();
  for (const [, name = '', value = ''] of page.matchAll(
    /<input type="hidden" name="([^"]*)" value="([^"]*)">/g,
  ))
    parameters.set(unescape(name), unescape(value));
  await deliver(unescape(action), parameters);
  return parameters;
}

async function deliver(address: string, form?: URLSearchParams): Promise<void> {
  const response = await fetch(address, form === undefined ? {} : { method: 'POST', body: form });
  await response.text();
}

function formOf(action: string, parameters: URLSearchParams): string {
  const inputs = [...parameters].map(
    ([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`,
  );
  const form = `<form method="POST" action="${escape(action)}">${inputs.join('')}</form>`;
  return `<html><body>${form}<script>document.forms[0].submit();</script></body></html>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
