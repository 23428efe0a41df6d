/** A permission that a credential lacks: the statement of an IAM policy that gives it, to copy. */

import { Accordion, Stack } from '@mantine/core';
import { CopyablePolicy } from './copyable-policy.js';

/** What is missing, as a check and an error of AWS say it. */
export interface MissingPermissionProps {
  /** Such as `kinesis:ListShards`; null if a check is not about one. */
  readonly permission: string | null;
  /** Null if no statement would mend it. */
  readonly policyStatement: Record<string, unknown> | null;
}

/** The statement, folded; nothing if none would mend it. */
export function MissingPermission({ permission, policyStatement }: MissingPermissionProps) {
  if (policyStatement === null) return null;
  const name = permission ?? 'it';
  return (
    <Accordion mt="xs">
      <Accordion.Item value="statement">
        <Accordion.Control>The policy statement that gives {name}</Accordion.Control>
        <Accordion.Panel>
          <Stack align="flex-start" gap="xs">
            <CopyablePolicy policy={policyStatement} label={`Copy the statement for ${name}`} />
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
