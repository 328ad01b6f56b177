import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  workspaces: {
    '.': {
      entry: [
        '{docs,scripts}/**/*.test.ts',
        // What a how-to exports is for its readers.
        'docs/how-to/*.ts',
        // Started by docs/examples.ts.
        'docs/{example-hosts,run-examples}.mjs',
        // Started by scripts/warm-call.test.ts.
        'scripts/warm-call.mjs',
        // Started by scripts/challenge-storm.test.ts.
        'scripts/challenge-storm.mjs',
        // Started by scripts/waiting-calls.test.ts.
        'scripts/waiting-calls.mjs',
        // Started by the tests of the same names.
        'scripts/calls-in-flight.mjs',
        'scripts/failed-call.mjs',
        'scripts/false-openings.mjs',
        'scripts/idle-services.mjs',
        'scripts/refusal.mjs',
        // Run by hand: times, which no test may hold.
        'scripts/token-lookup.mjs',
        'scripts/two-services.mjs',
      ],
      project: ['docs/**/*.{ts,mjs}', 'scripts/*', '*.{ts,js,cjs}'],
      ignoreDependencies: [
        // Named in the first line of jest.config.ts, a comment, and needed by what is named there.
        'esbuild-register',
        // Started by path: both TypeScripts claim the name `tsc`.
        'typescript-7',
        // Started by path as well, by the tests of the tarballs.
        '@arethetypeswrong/cli',
        'publint',
        'typescript-5.4',
        // In an example of the documentation.
        '@feathersjs/feathers',
        '@feathersjs/rest-client',
        '@ory/client',
        '@types/express',
        '@types/opossum',
        'axios-retry',
        'dpop',
        'express',
        'fastify',
        'opossum',
        'pino',
        'soap',
        'valibot',
        'winston',
        'zod',
      ],
      // In jest.config.ts `<rootDir>` is that of a project, and not the root.
      ignoreUnresolved: ['.*/scripts/jest-after-env\\.cjs'],
    },
    // Of every system that has named pipes.
    'packages/msal': { entry: ['src/**/*.test.ts'], project: ['src/**/*.ts'], ignoreBinaries: ['mkfifo'] },
    // The peers stand in the scripts that its tests start.
    'packages/claims-challenge': {
      entry: ['src/**/*.test.ts', 'src/peer-table.mjs'],
      project: ['src/**/*.{ts,mjs}'],
    },
    // The programs of the tutorial, played by scripts/packaging/company-sdk.test.ts.
    'packages/example-sdk': {
      entry: ['src/**/*.test.ts', 'src/tutorial/*.ts'],
      project: ['src/**/*.ts'],
    },
    // The types of soap need those of its parser.
    'packages/client': {
      entry: ['src/**/*.test.ts'],
      project: ['src/**/*.ts'],
      ignoreDependencies: ['@types/sax'],
    },
    'packages/*': { entry: ['src/**/*.test.ts'], project: ['src/**/*.ts'] },
  },
};

export default config;
