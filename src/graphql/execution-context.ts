/** Makes the context of an operation: the same over HTTP, WebSocket and in tests. */

import { openTrail } from '../domain/audit.js';
import type { Viewer } from '../domain/viewer.js';
import type { EventStreams } from '../events/tail.js';
import type { Db } from '../storage/database.js';
import type { Context, Services } from './context.js';
import { createLoaders } from './loaders.js';
import { loadNode } from './node-resolver.js';

/** Where an operation came from. */
export interface RequestOrigin {
  requestId: string;
  /** The client's address; null or absent if it is not known. */
  address?: string | null;
}

/** Makes the context of one operation, or of one event of a subscription. */
export type CreateContext = (viewer: Viewer, origin: RequestOrigin) => Context;

/** Where subscriptions come from. */
export interface EventSource {
  /** Streams of what this database shows. */
  admittedBy(db: Db): EventStreams;
}

/** What contexts are made from. */
export interface ContextParts {
  /** The database as a workspace sees it. */
  inWorkspace(workspaceId: number): Db;
  events: EventSource;
  /** Makes the services on a database: a workspace's, or one that is bound to an audited call as well. */
  servicesOn(db: Db): Services;
}

/** Makes contexts that read and change through these parts. */
export function createContextFactory({ inWorkspace, events, servicesOn }: ContextParts): CreateContext {
  const servicesOf = rememberServices(servicesOn);
  return (viewer, { requestId, address = null }) => {
    const db = inWorkspace(viewer.workspaceId);
    const context: Context = {
      viewer,
      requestId,
      events: events.admittedBy(db),
      services: servicesOf(db),
      loaders: createLoaders(db, viewer.workspaceId),
      openAudit(call) {
        const trail = openTrail(db, { viewer, requestId, address, ...call });
        return { services: servicesOn(trail.db), trail };
      },
      loadNode: (reference) => loadNode(reference, context),
    };
    return context;
  };
}

/** A workspace has one database: its services are made once, and not for each request and each event of a subscription. */
function rememberServices(servicesOn: ContextParts['servicesOn']): ContextParts['servicesOn'] {
  const known = new WeakMap<Db, Services>();
  return (db) => {
    const services = known.get(db) ?? servicesOn(db);
    known.set(db, services);
    return services;
  };
}
