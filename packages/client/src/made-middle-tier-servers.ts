import { createServer, type Server } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import fastify, { type FastifyReply } from 'fastify';
import { withCredential } from './index.js';
import type { Routes, Serve } from './made-middle-tier.js';

function inExpress(routes: Routes): Promise<Server> {
  const { orders } = routes;
  const asCaller: RequestHandler = (request, response, next) => {
    response.set('access-control-allow-origin', '*');
    withCredential(routes.callerOf(request.headers.authorization), next);
  };
  const answerFailure: ErrorRequestHandler = (error, _request, response, next) => {
    const reply = routes.replyFor(error);
    if (response.headersSent || reply === undefined) next(new Error('Failed', { cause: error }));
    else
      response
        .status(reply.status)
        .set({ ...reply.headers })
        .json(reply.problem);
  };
  // In development, which is the default, it answers with the stack.
  const app = express().set('env', 'test');
  app.use(express.json());
  app.use(asCaller);
  app.get('/orders/:id', async ({ method, params }, response) => {
    const { data } = await orders.request<object>({ method, url: `/${params.id}` });
    response.json(data);
  });
  app.post('/orders', async ({ body }, response) => {
    const { data } = await orders.post<object>('/', body);
    response.status(201).json(data);
  });
  app.get('/export', async (_request, response) => {
    const { data } = await orders.get<Readable>('/export', { responseType: 'stream' });
    await pipeline(data, response);
  });
  app.get('/begun', async (_request, response) => {
    response.write('[');
    const { data } = await orders.get<object>('/7');
    response.end(`${JSON.stringify(data)}]`);
  });
  app.use(answerFailure);
  return Promise.resolve(createServer(app));
}

async function inFastify(routes: Routes): Promise<Server> {
  const { orders, log } = routes;
  const app = fastify({ logger: { level: 'trace', stream: { write: (line) => log.push(line) } } });
  app.addHook('preHandler', (request, reply, done) => {
    reply.header('access-control-allow-origin', '*');
    withCredential(routes.callerOf(request.headers.authorization), done);
  });
  app.setErrorHandler(async (error, request, reply: FastifyReply) => {
    request.log.error(error);
    const answer = routes.replyFor(error);
    if (reply.raw.headersSent) {
      reply.hijack();
      reply.raw.destroy();
      return;
    }
    if (answer === undefined) throw new Error('Failed', { cause: error });
    return reply.code(answer.status).headers(answer.headers).send(answer.problem);
  });
  app.get<{ Params: { id: string } }>('/orders/:id', async ({ method, params }) => {
    const { data } = await orders.request<object>({ method, url: `/${params.id}` });
    return data;
  });
  app.post('/orders', async ({ body }, reply) => {
    const { data } = await orders.post<object>('/', body);
    return reply.code(201).send(data);
  });
  app.get('/export', async (_request, reply) => {
    const { data } = await orders.get<Readable>('/export', { responseType: 'stream' });
    return reply.send(data);
  });
  app.get('/begun', async (_request, reply) => {
    reply.raw.write('[');
    const { data } = await orders.get<object>('/7');
    reply.hijack();
    reply.raw.end(`${JSON.stringify(data)}]`);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server;
}

/** The same middle tier, in two web frameworks. */
export const frameworks: readonly { readonly name: string; readonly serve: Serve }[] = [
  { name: 'Express', serve: inExpress },
  { name: 'Fastify', serve: inFastify },
];
