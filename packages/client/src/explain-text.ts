import type { ExplainedInterceptor, ExplainedOption, ExplanationJson } from './explain-json.js';
import type { ShownValue } from './explain-value.js';

/** The table for a log: one line for each option, the outermost interceptor first. */
export function printExplanation({
  service,
  baseURL,
  profile,
  classify,
  interceptors,
  transport,
}: ExplanationJson): string {
  const subject = service ?? 'a pipeline';
  return [
    `${subject}${baseURL === null ? '' : ` at ${baseURL}`}${profile === null ? '' : ` (profile ${profile})`}`,
    ...(classify ? ['  outcomes are classified by a function of its own'] : []),
    ...interceptors.flatMap(interceptorLines),
    ...(transport === null ? [] : ['  transport', ...Object.entries(transport).flatMap(transportLines)]),
  ].join('\n');
}

function interceptorLines({ name, place, options }: ExplainedInterceptor): readonly string[] {
  const title = place === undefined || place === name ? name : `${name} (${place})`;
  return [
    `  ${title}`,
    ...Object.entries(options).map(([option, one]) => `    ${option}: ${optionText(one)}`),
  ];
}

function optionText({ value, default: isDefault, from }: ExplainedOption): string {
  if (isDefault)
    return `${valueText(value)} (default${from === undefined ? '' : `, no longer than ${from}`})`;
  return `${valueText(value)} (${from ?? 'given'})`;
}

function transportLines([name, value]: readonly [string, unknown]): readonly string[] {
  if (name !== 'agents') return [`    ${name}: ${valueText(value as ShownValue)}`];
  return Object.entries(value as Record<string, ShownValue>).map(
    ([protocol, agent]) => `    agents.${protocol}: ${valueText(agent)}`,
  );
}

function valueText(value: ShownValue): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(', ');
  if (typeof value !== 'object') return String(value);
  const { type = 'object', ...members } = value as Readonly<Record<string, ShownValue>>;
  const told = Object.entries(members).filter(([, member]) => member !== null);
  return `${valueText(type)} { ${told.map(([name, member]) => `${name}: ${valueText(member)}`).join(', ')} }`;
}
