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
    // Programs, each started in a process of its own by what reads its figures.
    'packages/bench': {
      entry: [
        'src/**/*.test.ts',
        'src/main.ts',
        'src/{storm,soak}/main.ts',
        'src/storm/{play,write-choose-settings}.ts',
        'src/overhead/{calls-in-flight,layer,loopback-call,loopback-server,msal-lookup,token-lookup,warm-call,warm-call-parts,whole-call}.ts',
        'src/failures/{challenge-storm,failed-call,false-openings,idle-services,one-retry,refusal,services-in-use,tokens,two-services,until-open,waiting-calls}.ts',
      ],
      project: ['src/**/*.ts'],
    },
    'packages/*': { entry: ['src/**/*.test.ts'], project: ['src/**/*.ts'] },
  },
};

export default config;
