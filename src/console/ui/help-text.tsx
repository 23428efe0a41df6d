/** Help texts of the catalogue: what stands between backticks is code. */

import { Code } from '@mantine/core';
import { Fragment } from 'react';

/** Shows a help text. */
export function HelpText({ text }: { text: string }) {
  const parts = text.split('`').map((part, index) => ({ part, isCode: index % 2 === 1, key: `${index} ${part}` }));
  return parts.map(({ part, isCode, key }) =>
    isCode ? <Code key={key}>{part}</Code> : <Fragment key={key}>{part}</Fragment>,
  );
}
