/** Failed records as a file of NDJSON, for who looks at them with other tools. */

import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { type Client, type OperationResult, useClient } from 'urql';
import { type FailedRecordFilter, FailedRecordsDocument, type FailedRecordsQuery } from '../generated/graphql.js';
import { PAGE_SIZE } from '../ui/page.js';
import { countOf } from '../ui/words.js';

const MAX_RECORDS = 50_000;
const FILE_NAME = 'failed-records.ndjson';

/** The button. */
export function DownloadButton({ filter }: { filter: FailedRecordFilter }) {
  const client = useClient();
  const [isRunning, setRunning] = useState(false);
  const download = async () => {
    setRunning(true);
    const lines = await readLines(client, filter).catch(() => null);
    setRunning(false);
    if (lines === null)
      return notifications.show({ color: 'red', title: 'No file', message: 'The server did not answer: try again.' });
    save(lines);
    notifications.show({ title: FILE_NAME, message: `It holds ${countOf(lines.length, 'record')}.` });
  };
  return (
    <Button size="xs" variant="default" loading={isRunning} onClick={() => void download()}>
      Download
    </Button>
  );
}

/** Reads page after page, at most {@link MAX_RECORDS}. @throws if a page is not answered. */
async function readLines(client: Client, filter: FailedRecordFilter): Promise<string[]> {
  const lines: string[] = [];
  for (let after: string | null = null, hasMore = true; hasMore && lines.length < MAX_RECORDS; ) {
    const answer: OperationResult<FailedRecordsQuery> = await client.query(
      FailedRecordsDocument,
      { filter, first: PAGE_SIZE, after },
      { requestPolicy: 'network-only' },
    );
    if (!answer.data) throw answer.error ?? new Error('The page has no data.');
    const { nodes, pageInfo } = answer.data.failedRecords;
    lines.push(...nodes.map((record) => JSON.stringify(record)));
    after = pageInfo.endCursor;
    hasMore = pageInfo.hasNextPage;
  }
  return lines;
}

function save(lines: readonly string[]): void {
  const url = URL.createObjectURL(
    new Blob([lines.map((line) => `${line}\n`).join('')], { type: 'application/x-ndjson' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = FILE_NAME;
  link.click();
  URL.revokeObjectURL(url);
}
