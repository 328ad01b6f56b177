import { currentCall, type Target } from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';
import { GRAPH_ORIGINS } from './graph-cloud.js';
import { graphPlaceOf } from './graph-place.js';
import { principalOf } from './graph-principal.js';

/**
 * What shares a gate: the mailbox, site, drive or team where the workload counts by that, and else the workload. "If an application
 * exceeds the limit in one mailbox, it does not affect the ability to access another mailbox."
 *
 * https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
 */
export function graphGateKey(config: InternalAxiosRequestConfig): string {
  const call = currentCall(config);
  if (!leadsToGraph(call.target)) return call.key;
  // Graph counts for an application in each tenant.
  const tenantId = config.holdfast?.tenantId;
  const key = tenantId === undefined ? call.key : `${call.key} ${tenantId}`;
  const { workload, holder } = graphPlaceOf(config.url ?? '');
  if (workload === undefined) return key;
  if (holder === '') return `${key} ${workload}`;
  return `${key} ${workload} ${holder === 'me' ? principalOf(config, call) : holder}`;
}

/**
 * What shares a circuit: the workload. A mailbox is throttled by itself, but it is the workload that is down: a circuit for each of
 * ten thousand mailboxes would send it ten thousand times the failures that one needs.
 */
export function graphCircuitKey(config: InternalAxiosRequestConfig): string {
  const { key, target } = currentCall(config);
  const workload = leadsToGraph(target) ? graphPlaceOf(config.url ?? '').workload : undefined;
  return workload === undefined ? key : `${key} ${workload}`;
}

/** An upload session's URL, say, is another service. */
function leadsToGraph({ withinBase, origin }: Target): boolean {
  return withinBase || GRAPH_ORIGINS.has(origin);
}
