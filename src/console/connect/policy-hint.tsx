/** The permissions that a kind of destination needs, and the policy to copy. */

import { Accordion, Code, List, Stack } from '@mantine/core';
import { CopyablePolicy } from '../ui/copyable-policy.js';
import { HelpText } from '../ui/help-text.js';
import type { DestinationType } from './catalogue-view.js';

/** Shows permissions and policy, folded. */
export function PolicyHint({ type: { permissions, iamPolicy } }: { type: DestinationType }) {
  return (
    <Accordion variant="contained" maw={640}>
      <Accordion.Item value="policy">
        <Accordion.Control>The permissions that the credential needs</Accordion.Control>
        <Accordion.Panel>
          <Stack align="flex-start">
            <List size="sm" spacing="xs">
              {permissions.map(({ action, purpose, required }) => (
                <List.Item key={action}>
                  <Code>{action}</Code> {required && <strong>(required)</strong>} <HelpText text={purpose} />
                </List.Item>
              ))}
            </List>
            <CopyablePolicy policy={iamPolicy} />
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
