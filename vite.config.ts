/** How the console is built: into static files that the server reads at its start. */
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: join(import.meta.dirname, 'src', 'console'),
  plugins: [react()],
  build: {
    outDir: join(import.meta.dirname, 'dist', 'console'),
    emptyOutDir: true,
    // Inlined files would be data: addresses and inline scripts, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
  },
  // `npx vite`: the console from source, against a server on the usual port.
  server: {
    proxy: { '/graphql': { target: 'http://127.0.0.1:4000', ws: true }, '/ingest': 'http://127.0.0.1:4000' },
  },
});
