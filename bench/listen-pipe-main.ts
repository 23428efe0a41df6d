/** The bare pipe as a process: `listen-pipe-main.js <connection> <endpoint> <stream>`; prints `ready` once it listens. */

import { runListenPipe } from './listen-pipe.js';

const [connection = '', endpoint = '', stream = ''] = process.argv.slice(2);
await runListenPipe({ connection, endpoint, stream }, () => console.log('ready'));
