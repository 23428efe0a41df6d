/** The permissions that a kind of destination needs, and the policy to copy. */

import { Accordion, Button, Code, CopyButton, List, Stack } from '@mantine/core';
import { HelpText } from '../ui/help-text.js';
import type { DestinationType } from './catalogue-view.js';

const INDENT = 2;

/** Shows permissions and policy, folded. */
export function PolicyHint({ type: { permissions, iamPolicy } }: { type: DestinationType }) {
  const policy = JSON.stringify(iamPolicy, null, INDENT);
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
            <Code block tabIndex={0} w="100%">
              {policy}
            </Code>
            <CopyButton value={policy}>
              {({ copied, copy }) => (
                <Button size="xs" variant="default" onClick={copy}>
                  {copied ? 'Copied' : 'Copy the policy'}
                </Button>
              )}
            </CopyButton>
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
