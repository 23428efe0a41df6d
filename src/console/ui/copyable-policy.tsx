/** A policy of AWS, or one statement of it, to read and to copy. */

import { Code } from '@mantine/core';
import { CopyButton } from './copy-button.js';

/** What is shown. */
export interface CopyablePolicyProps {
  readonly policy: unknown;
  /** Text of the button, where it is not the whole policy. */
  readonly label?: string;
}

const INDENT = 2;

/** Shows it. */
export function CopyablePolicy({ policy, label = 'Copy the policy' }: CopyablePolicyProps) {
  const text = JSON.stringify(policy, null, INDENT);
  return (
    <>
      <Code block tabIndex={0} w="100%">
        {text}
      </Code>
      <CopyButton text={text} label={label} look={{ size: 'xs', variant: 'default' }} />
    </>
  );
}
