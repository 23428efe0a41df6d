/**
 * How the server is bundled, from what tsc made of it: `npm start` then reads some forty files in place of 1,800, which was most
 * of its start. See docs/adr/0024-bundle.md.
 */
import { join } from 'node:path';
import { defineConfig } from 'vite';

const built = join(import.meta.dirname, 'dist');

export default defineConfig({
  build: {
    ssr: join(built, 'main.js'),
    outDir: join(built, 'server'),
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    target: 'node20',
    rolldownOptions: { output: { chunkFileNames: '[name]-[hash].js' } },
  },
  // All of it: each module that stays outside is looked for at the start. Found as node finds them: else libraries that
  // are required and imported would be there twice, and GraphQL's types are compared by identity.
  ssr: { noExternal: true, resolve: { conditions: ['node'] } },
  resolve: { mainFields: ['main'] },
});
