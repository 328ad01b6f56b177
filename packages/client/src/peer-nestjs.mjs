// NestJS and its HttpService with a client factory, over real HTTP on loopback: what came of it is printed as JSON.
import 'reflect-metadata';
import { setImmediate } from 'node:timers/promises';
import {
  challengeFor,
  createClientFactory,
  httpReplyFor,
  install,
  standardInterceptors,
  subscribe,
} from '@holdfast/client';
import { clientCredential } from '@holdfast/msal';
import { startIdentityProvider, startProtectedApi } from '@holdfast/testing';
import { HttpModule, HttpService } from '@nestjs/axios';
import { Catch, Controller, Get, Inject, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { firstValueFrom } from 'rxjs';

const idp = await startIdentityProvider();
const api = await startProtectedApi({ idp, audience: 'api://orders' });
const scopes = 'api://orders/.default';
const CLIENTS = Symbol('clients');

const factory = () =>
  createClientFactory({
    credential: clientCredential({ ...idp.app }),
    services: { orders: { baseURL: api.url, scopes }, stock: { baseURL: api.url, scopes } },
  });
const inUse = (clients) =>
  Object.entries(clients.snapshot().services).flatMap(([name, { used }]) => (used ? [name] : []));
const codeOf = (call) =>
  call.then(
    () => 'answered',
    ({ code }) => code,
  );

/** Decorators are functions: called as such they need no compiler. */
function controllerOfOrders() {
  class Orders {
    constructor(clients) {
      this.clients = clients;
    }
    async twice(id) {
      const first = await this.clients.orders.get(`/${id}`);
      const second = await this.clients.orders.get(`/${id}/lines`);
      return { answered: [first.status, second.status] };
    }
  }
  const { prototype } = Orders;
  Get(':id')(prototype, 'twice', Object.getOwnPropertyDescriptor(prototype, 'twice'));
  Param('id')(prototype, 'twice', 0);
  Inject(CLIENTS)(Orders, undefined, 0);
  Controller('orders')(Orders);
  return Orders;
}

function filterOfFailures() {
  class Failures {
    catch(error, host) {
      const reply = challengeFor(error) ?? httpReplyFor(error) ?? { status: 500, headers: {}, problem: {} };
      host.switchToHttp().getResponse().status(reply.status).set(reply.headers).json(reply.problem);
    }
  }
  Catch()(Failures);
  return Failures;
}

async function started(provider, hook) {
  class App {}
  const providers = [
    provider,
    {
      provide: 'closing',
      useFactory: (clients) => ({ [hook]: () => clients.close() }),
      inject: [CLIENTS],
    },
  ];
  Module({ controllers: [controllerOfOrders()], providers })(App);
  const app = await NestFactory.create(App, { logger: false });
  app.useGlobalFilters(new (filterOfFailures())());
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address();
  const get = async (path) => {
    const response = await globalThis.fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { connection: 'close' },
    });
    return { status: response.status, body: await response.json() };
  };
  return { app, get, clients: app.get(CLIENTS) };
}

/** The API holds the next request until it is let go. */
function held() {
  let letGo;
  const letGone = new Promise((resolve) => (letGo = resolve));
  const come = new Promise((resolve) => {
    api.handle = async () => {
      api.handle = undefined;
      resolve();
      await letGone;
      return undefined;
    };
  });
  return { come, letGo };
}

async function provided(way) {
  const provider =
    way === 'useValue'
      ? { provide: CLIENTS, useValue: factory() }
      : { provide: CLIENTS, useFactory: async () => factory() };
  const tokensBefore = idp.tokenRequests.length;
  const { app, get, clients } = await started(provider, 'onApplicationShutdown');
  const usedAtStart = inUse(clients);
  const { status, body } = await get('/orders/7');
  const told = { usedAtStart, status, body, used: inUse(clients) };
  await app.close();
  return { ...told, tokenRequests: idp.tokenRequests.length - tokensBefore };
}

/** The app is told to end in the middle of a request that has another call to make. */
async function closedBy(hook) {
  const { app, get, clients } = await started({ provide: CLIENTS, useFactory: factory }, hook);
  const { come, letGo } = held();
  const request = get('/orders/7');
  await come;
  const closed = app.close();
  // What the framework does before the first hook is over in a turn, and its first hook waits for the call that is held.
  await setImmediate();
  const closedMeanwhile = clients.snapshot().closed;
  letGo();
  const { status, body } = await request;
  await closed;
  return {
    closedMeanwhile,
    status,
    body: { answered: body.answered, title: body.title },
    afterwards: await codeOf(clients.orders.get('/7')),
    closed: clients.snapshot().closed,
  };
}

async function withHttpService(work) {
  class App {}
  const providers = [
    { provide: CLIENTS, useFactory: factory },
    { provide: HttpService, useFactory: ({ orders }) => new HttpService(orders), inject: [CLIENTS] },
  ];
  Module({ providers })(App);
  const app = await NestFactory.create(App, { logger: false });
  await app.init();
  const clients = app.get(CLIENTS);
  try {
    return await work({ http: app.get(HttpService), clients });
  } finally {
    api.recover();
    await clients.close();
    await app.close();
  }
}

function observed() {
  return withHttpService(async ({ http, clients }) => {
    let calls = 0;
    http.axiosRef.interceptors.response.use((response) => {
      calls += 1;
      return response;
    });
    const sent = api.requests.length;
    api.failNext({ status: 503 });
    const { status, config } = await firstValueFrom(http.get('/7'));
    return {
      isTheClient: http.axiosRef === clients.orders,
      status,
      sends: api.requests.length - sent,
      calls,
      tokenLeft: String(config.headers.authorization ?? 'none'),
    };
  });
}

function ended() {
  const end = Promise.withResolvers?.() ?? {};
  end.promise ??= new Promise((resolve) => (end.resolve = resolve));
  const undo = subscribe('tracing:holdfast:call:asyncEnd', ({ call }) => {
    undo();
    end.resolve({ outcome: call.outcome, sends: call.sends });
  });
  return end.promise;
}

/** Whoever subscribed is not interested any more: while the service is at work, and while a call waits at a gate. */
function unsubscribed(where, way) {
  return withHttpService(async ({ http, clients }) => {
    await clients.orders.get('/7');
    let come;
    if (where === 'at the service') ({ come } = held());
    else {
      api.throttle({ retryAfterMs: 20_000 });
      await codeOf(clients.orders.get('/7', { holdfast: { retry: false } }));
      come = setImmediate();
    }
    const sent = api.requests.length;
    const end = ended();
    const controller = new AbortController();
    const { signal } = controller;
    let error;
    const subscription = http.get('/8', way === 'signal' ? { signal } : {}).subscribe({
      error: (reason) => (error = reason.code),
    });
    await come;
    const { inFlight } = clients.snapshot().services.orders;
    if (way === 'signal') controller.abort();
    else subscription.unsubscribe();
    const call = await end;
    await setImmediate();
    return {
      ...call,
      inFlight: [inFlight, clients.snapshot().services.orders.inFlight],
      sent: api.requests.length - sent,
      ...(error !== undefined && { error }),
    };
  });
}

async function ofHttpModule(use) {
  class App {}
  const clients = factory();
  const { orders } = clients;
  const config = use === 'a client’s defaults' ? { ...orders.defaults } : { baseURL: api.url };
  Module({ imports: [HttpModule.register(config)] })(App);
  const app = await NestFactory.create(App, { logger: false });
  const http = app.get(HttpService);
  if (use === 'install') {
    const credential = clientCredential({ ...idp.app });
    install(http.axiosRef, standardInterceptors({ name: 'orders', credential, scopes }));
  }
  const answer = firstValueFrom(http.get('/7')).catch(({ response }) => response);
  const { status } = await answer;
  await app.close();
  await clients.close();
  return status;
}

const results = {
  useFactory: await provided('useFactory'),
  useValue: await provided('useValue'),
  onApplicationShutdown: await closedBy('onApplicationShutdown'),
  onModuleDestroy: await closedBy('onModuleDestroy'),
  observed: await observed(),
  unsubscribedAtTheService: await unsubscribed('at the service'),
  unsubscribedAtTheGate: await unsubscribed('at the gate'),
  abortedAtTheGate: await unsubscribed('at the gate', 'signal'),
  installedOnHttpModule: await ofHttpModule('install'),
  defaultsInHttpModule: await ofHttpModule('a client’s defaults'),
};
await api.close();
await idp.close();
process.stdout.write(JSON.stringify(results));
