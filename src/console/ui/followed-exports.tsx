/** Exports that were just started, followed while somebody looks. */

import { type ExportRowFragment, RefreshExportsDocument } from '../generated/graphql.js';
import { ExportList } from './export-list.js';
import { usePolledQuery } from './polled-query.js';

const POLL_MS = 2_000;

/** Lists exports with their progress. @param props.exports as they were when they started; not empty. */
export function FollowedExports({ exports }: { exports: readonly ExportRowFragment[] }) {
  const variables = { ids: exports.map(({ id }) => id) };
  const [{ data }] = usePolledQuery({ query: RefreshExportsDocument, variables }, POLL_MS);
  const found = data?.nodes.filter(isExport) ?? [];
  return <ExportList exports={found.length > 0 ? found : exports} />;
}

function isExport(node: object | null): node is ExportRowFragment {
  return node !== null && 'trigger' in node;
}
