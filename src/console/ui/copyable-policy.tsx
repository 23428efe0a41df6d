/** A policy of AWS to read and to copy. */

import { Button, Code, CopyButton } from '@mantine/core';

const INDENT = 2;

/** Shows it. */
export function CopyablePolicy({ policy }: { policy: unknown }) {
  const text = JSON.stringify(policy, null, INDENT);
  return (
    <>
      <Code block tabIndex={0} w="100%">
        {text}
      </Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="xs" variant="default" onClick={copy}>
            {copied ? 'Copied' : 'Copy the policy'}
          </Button>
        )}
      </CopyButton>
    </>
  );
}
