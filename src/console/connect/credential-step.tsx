/** First step: a credential that there is, or a new one. */

import { Button, Radio, Stack } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useSearchParams } from 'wouter';
import { startWithIdentity } from '../credentials/identity-text.js';
import { NewCredential } from '../credentials/new-credential.js';
import type { Field } from '../fields/field-values.js';
import { type CredentialCardFragment, PickCredentialDocument } from '../generated/graphql.js';
import { Loading } from '../ui/loading.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import type { DestinationType } from './catalogue-view.js';
import { PolicyHint } from './policy-hint.js';

/** What the step needs. */
export interface CredentialStepProps {
  readonly type: DestinationType;
  /** Of a new credential. */
  readonly fields: readonly Field[];
  /** Id of the credential that was chosen before; else empty. */
  readonly chosen: string;
  readonly onChosen: (credentialId: string) => void;
}

const NEW = 'new';

/** The step. */
export function CredentialStep({ type, fields, chosen, onChosen }: CredentialStepProps) {
  const [parameters] = useSearchParams();
  const [{ data }] = useQuery({ query: PickCredentialDocument, variables: readPage(parameters) });
  const [picked, setPicked] = useState(chosen);
  if (!data) return <Loading />;
  const existing = data.credentials.nodes;
  // One of another page is not chosen any more: nobody sees it.
  const isShown = picked === NEW || existing.some(({ id }) => id === picked);
  const choice = (isShown ? picked : existing[0]?.id) ?? NEW;
  return (
    <Stack mt="md">
      {existing.length > 0 && <CredentialChoice existing={existing} choice={choice} onChoose={setPicked} />}
      <Pager page={data.credentials.pageInfo} />
      {choice === NEW ? (
        <NewCredential fields={fields} submitLabel="Create credential and continue" onCreated={onChosen} />
      ) : (
        <Button style={{ alignSelf: 'flex-start' }} onClick={() => onChosen(choice)}>
          Continue
        </Button>
      )}
      <PolicyHint type={type} />
    </Stack>
  );
}

interface CredentialChoiceProps {
  readonly existing: readonly CredentialCardFragment[];
  readonly choice: string;
  readonly onChoose: (choice: string) => void;
}

function CredentialChoice({ existing, choice, onChoose }: CredentialChoiceProps) {
  return (
    <Radio.Group label="Credential" description="What Tributary calls AWS with." value={choice} onChange={onChoose}>
      <Stack gap="xs" mt="xs">
        {existing.map(({ id, name, current }) => (
          <Radio key={id} value={id} label={name} description={startWithIdentity(current)} />
        ))}
        <Radio value={NEW} label="A new credential" description="Kept encrypted, and never shown again." />
      </Stack>
    </Radio.Group>
  );
}
