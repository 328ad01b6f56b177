// The loggers that people have, writing to memory.
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import pino from 'pino';
import winston from 'winston';

/** What was written, by line. */
export class Memory extends Writable {
  text = '';

  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    this.text += String(chunk);
    done();
  }

  get lines(): readonly string[] {
    return this.text.split('\n').filter((line) => line !== '');
  }

  /** Of a logger that writes JSON. */
  get entries(): readonly Readonly<Record<string, unknown>>[] {
    return this.lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  }
}

/** A pino at its lowest level. */
export function pinoLog(options: pino.LoggerOptions = {}): { logger: pino.Logger; memory: Memory } {
  const memory = new Memory();
  return { logger: pino({ level: 'trace', base: null, timestamp: false, ...options }, memory), memory };
}

/** A winston at its lowest level, in JSON. */
export function winstonLog(options: winston.LoggerOptions = {}): { logger: winston.Logger; memory: Memory } {
  const memory = new Memory();
  const transports = [new winston.transports.Stream({ stream: memory })];
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston's types call it an interface
  return { logger: winston.createLogger({ level: 'silly', transports, ...options }), memory };
}

/** A console of Node's own. */
export function consoleLog(): { logger: Console; memory: Memory } {
  const memory = new Memory();
  return { logger: new Console(memory, memory), memory };
}
