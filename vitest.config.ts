import { defineConfig } from 'vitest/config';
import { failedLast } from './test/support/failed-last.js';

export default defineConfig({
  resolve: {
    // vitest would load `graphql` once as ESM and once as CommonJS: "another module or realm".
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/setup.ts'],
    reporters: ['default', failedLast],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
