// Runs the examples that it is given, one after the other, and prints what came of each as JSON.
import { Channel, channel } from 'node:diagnostics_channel';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

let output = '';
let failure;
console.log =
  console.debug =
  console.info =
  console.warn =
  console.error =
    (...args) => {
      output += `${format(...args)}\n`;
    };
const fail = (error) => {
  failure ??= format(error);
};
process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);

// Whoever listens in an example is gone with it, as with a process of its own.
let subscriptions = [];
const listenedTo = channel('run-examples');
listenedTo.subscribe(() => undefined);
for (const prototype of [Channel.prototype, Object.getPrototypeOf(listenedTo)]) {
  const { subscribe, bindStore } = prototype;
  prototype.subscribe = function subscribing(listener) {
    subscriptions.push(() => this.unsubscribe(listener));
    return subscribe.call(this, listener);
  };
  prototype.bindStore = function binding(store, transform) {
    subscriptions.push(() => this.unbindStore(store));
    return bindStore.call(this, store, transform);
  };
}

const runs = [];
for (const file of process.argv.slice(2)) {
  output = '';
  failure = undefined;
  await import(pathToFileURL(file).href).catch(fail);
  // What was left unhandled comes up a turn later.
  await setImmediate();
  for (const end of subscriptions) end();
  subscriptions = [];
  runs.push({ output, failure });
}
process.stdout.write(JSON.stringify(runs));
