/** Health of one process: whether it runs, and whether it should get work. */

import type { FastifyInstance } from 'fastify';
import { HttpError } from './error-answer.js';

/** What readiness is told by. */
export interface HealthParts {
  /** Rejects if the database does not answer. */
  pingDatabase(): Promise<unknown>;
  isShuttingDown(): boolean;
}

/** Longest time for the database to answer, in ms. */
const PING_TIMEOUT_MS = 2_000;

/** Serves `/health/live` and `/health/ready`; who is not ready answers 503 with the reason as its code. */
export function registerHealth(server: FastifyInstance, parts: HealthParts): void {
  server.get('/health/live', async () => ({ status: 'live' }));
  server.get('/health/ready', async () => {
    if (parts.isShuttingDown())
      throw new HttpError(503, 'SHUTTING_DOWN', 'This process is shutting down: ask another.');
    if (await isAnswering(parts)) return { status: 'ready' };
    throw new HttpError(503, 'DATABASE_UNREACHABLE', 'The database does not answer: check it and DATABASE_URL.');
  });
}

async function isAnswering({ pingDatabase }: HealthParts): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PING_TIMEOUT_MS);
  });
  const answered = pingDatabase().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answered, late]);
  } finally {
    clearTimeout(timer);
  }
}
