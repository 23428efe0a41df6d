/** Interleavings on purpose: work that happens right after a statement, before its reader goes on. */
import { type KyselyPlugin, type QueryId, RawNode } from 'kysely';
import type { Db } from '../../src/storage/database.js';

/**
 * The same database; whenever a statement with this name has run, `work` is done before its rows are handed on.
 * @param name as in the comment that the statement begins with, such as `segments.page`.
 */
export function afterStatement(db: Db, name: string, work: () => Promise<unknown>): Db {
  const waiting = new WeakSet<QueryId>();
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      if (RawNode.is(node) && readName(node) === name) waiting.add(queryId);
      return node;
    },
    async transformResult({ queryId, result }) {
      if (waiting.delete(queryId)) await work();
      return result;
    },
  };
  return db.withPlugin(plugin);
}

/** The name may itself be a part of its own (`sql.raw`). */
function readName(node: RawNode): string | undefined {
  const [part] = node.parameters;
  const inserted = part && RawNode.is(part) ? part.sqlFragments.join('') : '';
  return /^\/\* ([\w.-]+)/.exec(`${node.sqlFragments[0] ?? ''}${inserted}${node.sqlFragments[1] ?? ''}`)?.[1];
}
