import axios from 'axios';
import { cockatielStack } from './cockatiel-stack.js';
import { coreRestStack } from './core-rest-stack.js';
import { factoryStack, singles, standardStack } from './holdfast-stacks.js';
import { inVariable, naiveStack, opossumStack, perCall } from './naive-stack.js';
import type { Place } from './place.js';
import type { StackName } from './stack-names.js';
import { axiosStack, type MakeStack, type Stack } from './stack.js';

const bare: MakeStack = ({ baseURL, axiosDefaults }) =>
  axiosStack(axios.create({ baseURL, ...axiosDefaults() }));

const STACKS: Readonly<Record<StackName, MakeStack>> = {
  bare,
  again: bare,
  authorized: ({ tokens, baseURL, axiosDefaults }) =>
    axiosStack(
      axios.create({ baseURL, ...axiosDefaults(), headers: { Authorization: `Bearer ${tokens.held}` } }),
    ),
  naive: (place) => naiveStack(place, inVariable(place)),
  'naive-msal': (place) => naiveStack(place, perCall(place)),
  opossum: opossumStack,
  cockatiel: cockatielStack,
  'core-rest-pipeline': coreRestStack,
  ...singles,
  standard: standardStack,
  factory: factoryStack,
};

export function stacksOf(names: readonly StackName[], place: Place): ReadonlyMap<StackName, Stack> {
  return new Map(names.map((name): [StackName, Stack] => [name, STACKS[name](place)]));
}
