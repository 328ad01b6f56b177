/** A cloud in which Microsoft Graph runs. */
export type GraphCloud = 'global' | 'usgov' | 'usgov-dod' | 'china';

/** Its roots, which are what its tokens are for as well: https://learn.microsoft.com/graph/deployments */
export const GRAPH_ROOTS: Readonly<Record<GraphCloud, string>> = {
  global: 'https://graph.microsoft.com',
  usgov: 'https://graph.microsoft.us',
  'usgov-dod': 'https://dod-graph.microsoft.us',
  china: 'https://microsoftgraph.chinacloudapi.cn',
};

export const GRAPH_ORIGINS: ReadonlySet<string> = new Set(Object.values(GRAPH_ROOTS));
