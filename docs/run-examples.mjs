// Runs the examples that it is given, one after the other, and prints what came of each as JSON.
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

let output = '';
let failure;
console.log =
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

const runs = [];
for (const file of process.argv.slice(2)) {
  output = '';
  failure = undefined;
  await import(pathToFileURL(file).href).catch(fail);
  // What was left unhandled comes up a turn later.
  await setImmediate();
  runs.push({ output, failure });
}
process.stdout.write(JSON.stringify(runs));
