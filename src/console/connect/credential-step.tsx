/** First step: a credential that there is, or a new one. */

import { Button, Radio, Stack } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useSearchParams } from 'wouter';
import { startWithIdentity } from '../credentials/identity-text.js';
import { NewCredential } from '../credentials/new-credential.js';
import type { Field } from '../fields/field-values.js';
import {
  ChosenCredentialDocument,
  type CredentialCardFragment,
  type PageFragment,
  PickCredentialDocument,
} from '../generated/graphql.js';
import { Loading } from '../ui/loading.js';
import { readPage } from '../ui/page.js';
import { Pager } from '../ui/pager.js';
import { usePresence } from '../ui/presence.js';
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
  const [picked, setPicked] = useState(chosen);
  const isHere = usePresence();
  const list = useCredentials(picked);
  if (!list) return <Loading />;
  const { existing, pageInfo } = list;
  const choice = findChoice(existing, picked);
  return (
    <Stack mt="md">
      {existing.length > 0 && <CredentialChoice existing={existing} choice={choice} onChoose={setPicked} />}
      <Pager page={pageInfo} />
      {choice === NEW ? (
        <NewCredential
          fields={fields}
          submitLabel="Create credential and continue"
          onCreated={(id) => isHere() && onChosen(id)}
        />
      ) : (
        <Button
          style={{ alignSelf: 'flex-start' }}
          disabled={choice === null}
          onClick={() => choice && onChosen(choice)}
        >
          Continue
        </Button>
      )}
      <PolicyHint type={type} />
    </Stack>
  );
}

/** What is shown as chosen: never another than the one that was picked. @returns null if that one is gone. */
function findChoice(existing: readonly CredentialCardFragment[], picked: string): string | null {
  if (existing.length === 0) return NEW;
  if (picked === '') return existing[0]?.id ?? NEW;
  return picked === NEW || existing.some(({ id }) => id === picked) ? picked : null;
}

interface CredentialList {
  readonly existing: readonly CredentialCardFragment[];
  readonly pageInfo: PageFragment;
}

/** The page of the address; before it the one that is picked, if another page has it. @returns null until all is known. */
function useCredentials(picked: string): CredentialList | null {
  const [parameters] = useSearchParams();
  const [{ data }] = useQuery({ query: PickCredentialDocument, variables: readPage(parameters) });
  const isElsewhere = picked !== '' && picked !== NEW && !data?.credentials.nodes.some(({ id }) => id === picked);
  const variables = { id: picked };
  const [{ data: found, fetching }] = useQuery({ query: ChosenCredentialDocument, variables, pause: !isElsewhere });
  const credential = isElsewhere && found?.credential?.id === picked ? found.credential : null;
  if (!data || (isElsewhere && fetching && !credential)) return null;
  const { nodes, pageInfo } = data.credentials;
  return { existing: credential ? [credential, ...nodes] : nodes, pageInfo };
}

interface CredentialChoiceProps {
  readonly existing: readonly CredentialCardFragment[];
  /** Null if none is chosen. */
  readonly choice: string | null;
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
