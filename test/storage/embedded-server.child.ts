/** A process of its own on a data folder: prints what it got as JSON, leaves when its input ends. */
import { pino } from 'pino';
import { startEmbeddedServer } from '../../src/storage/embedded-server.js';

const server = await startEmbeddedServer({
  dataFolder: process.argv[2] ?? '',
  log: pino({ level: 'warn' }, pino.destination(2)),
  isDurable: false,
});
process.stdout.write(`${JSON.stringify({ url: server.url, attached: server.attached })}\n`);
process.stdin.resume().once('end', () => server[Symbol.asyncDispose]());
