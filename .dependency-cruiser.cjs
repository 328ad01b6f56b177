// The arrows of docs/architecture.md. Interceptor packages do not import each other; one file each knows an engine.
const interceptors = 'retry|throttle-gate|circuit-breaker|token|claims-challenge|timeout|fallback';
// What is made for tests is never built.
const production = { pathNot: '((\\.test|/made-[^/]*)\\.ts|/peer-[^/]*\\.mjs)$' };

const onlyOneFile = (name, module, path) => ({
  name,
  severity: 'error',
  comment: `Only ${path} drives this engine: its faults are kept in one place.`,
  from: { path: '^packages/', pathNot: [`^packages/${path}$`, '^packages/(demo|bench)/', '\\.test\\.ts$'] },
  to: { path: `node_modules/${module}/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'interceptors-stand-alone',
      severity: 'error',
      comment: 'What two interceptors need is in core.',
      from: { path: `^packages/(${interceptors})/src/`, ...production },
      to: { path: '^packages/', pathNot: ['^packages/core/', '^packages/$1/'] },
    },
    {
      name: 'core-knows-nobody',
      severity: 'error',
      from: { path: '^packages/core/src/', ...production },
      to: { path: '^packages/', pathNot: '^packages/core/' },
    },
    {
      name: 'msal-stays-below-client',
      severity: 'error',
      from: { path: '^packages/msal/src/', ...production },
      to: {
        path: '^packages/(client|demo|bench|retry|throttle-gate|circuit-breaker|claims-challenge|fallback)/',
      },
    },
    {
      name: 'testing-knows-client-and-core',
      severity: 'error',
      comment: 'It makes clients as its users do: by what client exports.',
      from: { path: '^packages/testing/src/', ...production },
      to: { path: '^packages/', pathNot: '^packages/(client|core|testing)/' },
    },
    {
      name: 'client-does-not-know-msal',
      severity: 'error',
      from: { path: '^packages/client/src/', ...production },
      to: { path: '^packages/(msal|testing|demo|bench)/' },
    },
    {
      name: 'nobody-below-knows-sdk-base',
      severity: 'error',
      from: { path: '^packages/', pathNot: '^packages/(sdk-base|example-sdk|demo)/' },
      to: { path: '^packages/(sdk-base|example-sdk)/' },
    },
    {
      name: 'sdk-base-knows-client-and-core',
      severity: 'error',
      comment: 'It takes clients, and leaves it to them what they are made of.',
      from: { path: '^packages/sdk-base/src/', ...production },
      to: { path: '^packages/', pathNot: '^packages/(client|core|sdk-base)/' },
    },
    {
      name: 'an-sdk-knows-client-and-sdk-base',
      severity: 'error',
      comment: 'What it needs of the others, these two export.',
      from: { path: '^packages/example-sdk/src/', pathNot: '/tutorial/|\\.test\\.ts$' },
      to: { path: '^packages/', pathNot: '^packages/(client|sdk-base|example-sdk)/' },
    },
    {
      name: 'the-tests-of-an-sdk-know-testing-too',
      severity: 'error',
      from: { path: '^packages/example-sdk/src/' },
      to: { path: '^packages/', pathNot: '^packages/(client|sdk-base|example-sdk|testing)/' },
    },
    onlyOneFile('axios-retry-in-one-file', 'axios-retry', 'retry/src/loop\\.ts'),
    onlyOneFile('opossum-in-one-file', 'opossum', 'circuit-breaker/src/(circuit|state-machine)\\.ts'),
    onlyOneFile(
      'msal-node-in-one-folder',
      '@azure/msal-node',
      'msal/src/((user-|managed-identity-)?application|(managed-identity-)?network|user-cache)\\.ts',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^packages/[^/]+/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.tests.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@holdfast/source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
