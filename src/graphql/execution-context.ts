/** Makes the context of an operation: the same over HTTP, WebSocket and in tests. */

import type { Viewer } from '../domain/viewer.js';
import type { EventStreams } from '../events/tail.js';
import type { Db } from '../storage/database.js';
import type { Context, Services } from './context.js';
import { createLoaders } from './loaders.js';
import { loadNode } from './node-resolver.js';

/** Makes the context of one operation, or of one event of a subscription. */
export type CreateContext = (viewer: Viewer, requestId: string) => Context;

/** Makes contexts that read and change through these parts. */
export function createContextFactory(parts: { db: Db; events: EventStreams; services: Services }): CreateContext {
  return (viewer, requestId) => {
    const context: Context = {
      viewer,
      requestId,
      events: parts.events,
      services: parts.services,
      loaders: createLoaders(parts.db, viewer.workspaceId),
      loadNode: (reference) => loadNode(reference, context),
    };
    return context;
  };
}
