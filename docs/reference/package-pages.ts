import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A page of the reference that is about a package: one of its own, or one of several that share its sources among them. */
interface PackagePage {
  readonly name: string;
  /** The package. */
  readonly source: string;
  /** Whether a file of the package's sources, by its name, is what the page is about. */
  readonly isAbout: (file: string) => boolean;
  readonly text: string;
}

const ABOUT_STORES = /^(?:encrypted-|file-|token-)?store/;
const ABOUT_USERS =
  /^(?:users?\b|on-behalf-of|assertion-|sign(?:ed)?-in|device-|loopback-browser|partition-|account|audience)/;
const ABOUT_A_CLIENT =
  /^(?:agents|classify|contradictions|correlate|explain|name-calls|places|profile|service-client|standard-interceptors|yielding-)/;
const ABOUT_A_FACTORY = /^(?:client-factory|closing)/;
const ABOUT_SERVICES = /^services?(?:\.|-(?!client))/;
const ABOUT_GRAPH = /^(?:graph|odata)-/;
const ABOUT_LOGS = /^log-/;
const ABOUT_PAGES = /^(?:page-|paged-|paginate)/;
const ABOUT_SDK_ERRORS = /^(?:status-error|problem-details|error-body|sdk-error|checked-answer)/;
const ABOUT_OPERATIONS = /^operation\b/;
const ABOUT_TRANSFERS = /^(?:download|transfer|upload)\b/;
export const pages: readonly PackagePage[] = [
  { name: 'token', source: 'token', isAbout: () => true },
  {
    name: 'msal',
    source: 'msal',
    isAbout: (file: string) => !ABOUT_STORES.test(file) && !ABOUT_USERS.test(file),
  },
  { name: 'users', source: 'msal', isAbout: (file: string) => ABOUT_USERS.test(file) },
  { name: 'stores', source: 'msal', isAbout: (file: string) => ABOUT_STORES.test(file) },
  { name: 'claims-challenges', source: 'claims-challenge', isAbout: () => true },
  { name: 'retry', source: 'retry', isAbout: () => true },
  { name: 'timeouts', source: 'timeout', isAbout: () => true },
  { name: 'throttle-gate', source: 'throttle-gate', isAbout: () => true },
  { name: 'circuit-breaker', source: 'circuit-breaker', isAbout: () => true },
  { name: 'fallback', source: 'fallback', isAbout: () => true },
  { name: 'service-client', source: 'client', isAbout: (file: string) => ABOUT_A_CLIENT.test(file) },
  { name: 'client-factory', source: 'client', isAbout: (file: string) => ABOUT_A_FACTORY.test(file) },
  { name: 'services', source: 'client', isAbout: (file: string) => ABOUT_SERVICES.test(file) },
  // A daemon on Microsoft Graph reads lists: it meets their errors.
  {
    name: 'graph',
    source: 'client',
    isAbout: (file: string) => ABOUT_GRAPH.test(file) || ABOUT_PAGES.test(file),
  },
  { name: 'logs', source: 'client', isAbout: (file: string) => ABOUT_LOGS.test(file) },
  { name: 'paging', source: 'client', isAbout: (file: string) => ABOUT_PAGES.test(file) },
  {
    name: 'sdk',
    source: 'sdk-base',
    isAbout: (file: string) =>
      ![ABOUT_SDK_ERRORS, ABOUT_OPERATIONS, ABOUT_TRANSFERS].some((about) => about.test(file)),
  },
  { name: 'sdk-errors', source: 'sdk-base', isAbout: (file: string) => ABOUT_SDK_ERRORS.test(file) },
  { name: 'operations', source: 'sdk-base', isAbout: (file: string) => ABOUT_OPERATIONS.test(file) },
  { name: 'transfers', source: 'sdk-base', isAbout: (file: string) => ABOUT_TRANSFERS.test(file) },
  { name: 'testing', source: 'testing', isAbout: () => true },
].map((page) => ({ ...page, text: readFileSync(join(__dirname, `${page.name}.md`), 'utf8') }));

/** What of the client has figures that its pages name. */
export const isFigured = (path: string): boolean =>
  [ABOUT_A_CLIENT, ABOUT_GRAPH, ABOUT_A_FACTORY, ABOUT_LOGS, ABOUT_SERVICES].some((about) =>
    about.test(basename(path)),
  );
