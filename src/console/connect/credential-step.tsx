/** First step: a credential that there is, or a new one. */

import { Button, Radio, Stack } from '@mantine/core';
import { useState } from 'react';
import { type CombinedError, useQuery } from 'urql';
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
import { Loaded } from '../ui/loaded.js';
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
export function CredentialStep(props: CredentialStepProps) {
  const [picked, setPicked] = useState(props.chosen);
  const { result, reload } = useCredentials(picked);
  return (
    <Stack mt="md">
      <Loaded result={result} onRetry={reload}>
        {(list) => <CredentialForm {...props} list={list} picked={picked} onPick={setPicked} />}
      </Loaded>
    </Stack>
  );
}

interface CredentialFormProps extends Omit<CredentialStepProps, 'chosen'> {
  readonly list: CredentialList;
  readonly picked: string;
  readonly onPick: (picked: string) => void;
}

function CredentialForm({ type, fields, onChosen, list, picked, onPick }: CredentialFormProps) {
  const isHere = usePresence();
  const { existing, pageInfo } = list;
  const choice = findChoice(existing, picked);
  return (
    <Stack>
      {existing.length > 0 && <CredentialChoice existing={existing} choice={choice} onChoose={onPick} />}
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

interface CredentialsFound {
  /** Without data until all is known. */
  readonly result: { readonly data: CredentialList | undefined; readonly error: CombinedError | undefined };
  readonly reload: () => void;
}

/** The page of the address; before it the one that is picked, if another page has it. */
function useCredentials(picked: string): CredentialsFound {
  const [parameters] = useSearchParams();
  const [listed, reloadList] = useQuery({ query: PickCredentialDocument, variables: readPage(parameters) });
  const list = listed.data?.credentials;
  const isElsewhere = picked !== '' && picked !== NEW && !list?.nodes.some(({ id }) => id === picked);
  const variables = { id: picked };
  const [single, reloadSingle] = useQuery({ query: ChosenCredentialDocument, variables, pause: !isElsewhere });
  const other = isElsewhere && single.data?.credential?.id === picked ? [single.data.credential] : [];
  const isKnown = !isElsewhere || !single.fetching || other.length > 0;
  const data = list && isKnown ? { existing: [...other, ...list.nodes], pageInfo: list.pageInfo } : undefined;
  const error = listed.error ?? (isElsewhere ? single.error : undefined);
  const reload = () => {
    reloadList({ requestPolicy: 'network-only' });
    if (isElsewhere) reloadSingle({ requestPolicy: 'network-only' });
  };
  return { result: { data, error }, reload };
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
