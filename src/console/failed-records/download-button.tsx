/** Failed records as the API's file of NDJSON, for who looks at them with other tools. */

import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useSession } from '../session.js';
import { formatBytes } from '../ui/words.js';

const FILE_NAME = 'failed-records.ndjson';

/** The button. @param path `downloadPath` of the list. */
export function DownloadButton({ path }: { path: string }) {
  const { apiKey } = useSession();
  const [isRunning, setRunning] = useState(false);
  const download = async () => {
    setRunning(true);
    const file = await readFile(path, apiKey).catch(() => null);
    setRunning(false);
    if (file === null)
      return notifications.show({
        color: 'red',
        title: 'No file',
        message: 'The server did not answer to its end: try again.',
      });
    save(file);
    notifications.show({ title: FILE_NAME, message: `All of the list is in it: ${formatBytes(file.size)}.` });
  };
  return (
    <Button size="xs" variant="default" loading={isRunning} onClick={() => void download()}>
      Download
    </Button>
  );
}

/** A link alone would not carry the key. @throws if the answer is none, or is broken off. */
async function readFile(path: string, apiKey: string | null): Promise<Blob> {
  const response = await fetch(path, { headers: { authorization: `Bearer ${apiKey}` } });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return await response.blob();
}

function save(file: Blob): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = FILE_NAME;
  link.click();
  URL.revokeObjectURL(url);
}
