/** Entry: reads the configuration, starts the process, runs until SIGTERM or SIGINT, and ends in order. */

import type { Logger } from 'pino';
import type { App } from './app.js';
import { type Config, ConfigError, loadConfig } from './config.js';
import { createLog } from './log.js';
import { beginStore } from './store.js';

const config = readConfigOrExit();
const log = createLog(config.logLevel);
const stopped = waitForSignal(log);
const app = await startOrExit(config, log);
announce(app);
await stopped;
await stopOrExit(app, config, log);

function readConfigOrExit(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** Resolves at the first signal; the second ends the process at once. */
function waitForSignal(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const take = (signal: NodeJS.Signals): void => {
      count += 1;
      if (count > 1) process.exit(signal === 'SIGINT' ? 130 : 143);
      log.info({ signal }, 'stopping; a second signal ends at once');
      resolve();
    };
    process.on('SIGTERM', take);
    process.on('SIGINT', take);
  });
}

async function startOrExit(config: Config, log: Logger): Promise<App> {
  try {
    const opening = beginStore(config, log);
    const { createApp } = await import('./app.js');
    return await createApp(config, { log, opening });
  } catch (error) {
    log.fatal({ err: error }, 'did not start');
    process.exit(1);
  }
}

/** To standard output and not to the log: logs are kept and shipped. */
function announce({ url, firstKey }: App): void {
  process.stdout.write(`Tributary listens on ${url}\n`);
  if (firstKey === null) return;
  const line = '-'.repeat(72);
  process.stdout.write(
    `${line}\nThe first workspace and its ADMIN key were made. The key is shown this once:\n\n` +
      `  ${firstKey}\n\nSend it as the header  authorization: Bearer <key>\n${line}\n`,
  );
}

async function stopOrExit(app: App, config: Config, log: Logger): Promise<never> {
  const timeoutMs = config.shutdownTimeoutMs;
  setTimeout(() => {
    log.fatal({ timeoutMs }, 'did not stop in time: ended by force, other workers take over');
    process.exit(1);
  }, timeoutMs);
  try {
    await app[Symbol.asyncDispose]();
  } catch (error) {
    log.error({ err: error }, 'stopped, but not every part closed cleanly');
    process.exit(1);
  }
  log.info('stopped');
  process.exit(0);
}
