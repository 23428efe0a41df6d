/** What a destination calls AWS with, and the way to a new secret. */

import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';
import { CredentialFacts } from '../credentials/credential-facts.js';
import { RotateCredential } from '../credentials/rotate-credential.js';
import { Section } from '../ui/section.js';
import type { Destination } from './destination-view.js';

/** What is shown. */
export interface DestinationCredentialProps {
  readonly credential: Destination['credential'];
  /** Called once it was rotated. */
  readonly onChanged: () => void;
}

/** The section. */
export function DestinationCredential({ credential, onChanged }: DestinationCredentialProps) {
  const { name, warning } = credential;
  return (
    <Section title="Credential" actions={<RotateCredential credential={credential} onDone={onChanged} />}>
      <div>
        <Anchor component={Link} href="/credentials" fw={600}>
          {name}
        </Anchor>
        <CredentialFacts credential={credential} />
        {warning && <Text size="sm">{warning.remedy}</Text>}
      </div>
    </Section>
  );
}
