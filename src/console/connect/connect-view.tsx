/** The wizard that connects a destination: authentication, set-up, test, creation. Its fields come from the catalogue. */

import { useQuery } from 'urql';
import { type Field, type FieldValues, findFaults } from '../fields/field-values.js';
import { useKeptFields } from '../fields/use-fields.js';
import { CatalogueDocument } from '../generated/graphql.js';
import { EmptyState } from '../ui/empty-state.js';
import { FlowSteps } from '../ui/flow-steps.js';
import { Loaded } from '../ui/loaded.js';
import { useStep } from '../ui/step.js';
import { ViewFrame } from '../ui/view-frame.js';
import type { DestinationType } from './catalogue-view.js';
import { CredentialStep } from './credential-step.js';
import { SetupStep } from './setup-step.js';
import { TestStep } from './test-step.js';

const ABOVE = [
  { href: '/', label: 'Overview' },
  { href: '/destinations/new', label: 'Catalogue' },
];

/** The wizard for one kind of destination. */
export function ConnectView({ kind }: { kind: string }) {
  const [result, reload] = useQuery({ query: CatalogueDocument, requestPolicy: 'cache-first' });
  return (
    <ViewFrame title="Set up a destination" above={ABOVE}>
      <Loaded result={result} onRetry={() => reload({ requestPolicy: 'network-only' })}>
        {({ destinationTypes }) => {
          const type = destinationTypes.find((candidate) => candidate.kind === kind);
          return type ? <Wizard type={type} /> : <UnknownKind />;
        }}
      </Loaded>
    </ViewFrame>
  );
}

function UnknownKind() {
  return (
    <EmptyState
      title="The catalogue has no such kind"
      action={{ label: 'See the catalogue', href: '/destinations/new' }}
    >
      The link may be old, or mistyped.
    </EmptyState>
  );
}

/** The steps in the address, in order. */
const STEPS = ['authentication', 'setup', 'test'];
/** Their places. */
const STEP = { authentication: 0, setup: 1, test: 2 } as const;

function Wizard({ type }: { type: DestinationType }) {
  const fieldsOf = (kind: 'AUTHENTICATION' | 'SETUP') =>
    type.steps.filter((candidate) => candidate.kind === kind).flatMap(({ fields }) => fields);
  const setup = fieldsOf('SETUP');
  // Of the authentication nothing is kept: a secret that was pasted into the wrong field would be as well.
  const state = useKeptFields(`connect.${type.kind}`, setup);
  const [step, showStep] = useStep(STEPS, findFirstUnfilled(setup, state.values));
  const chooseCredential = (credentialId: string) => {
    state.setValue('credentialId', credentialId);
    showStep(STEP.setup);
  };
  const steps = [
    {
      label: 'Authentication',
      description: 'Who calls AWS',
      content: (
        <CredentialStep
          type={type}
          fields={fieldsOf('AUTHENTICATION')}
          chosen={String(state.values['credentialId'] ?? '')}
          onChosen={chooseCredential}
        />
      ),
    },
    {
      label: 'Set up',
      description: 'Which stream, and how',
      content: <SetupStep fields={setup} state={state} onDone={() => showStep(STEP.test)} />,
    },
    {
      label: 'Test and create',
      description: 'Nothing is written',
      content: (
        <TestStep
          fields={setup}
          state={state}
          onBack={() => showStep(STEP.setup)}
          // In its place: back would lead to the test, and the test here again.
          onRefused={() => showStep(STEP.setup, { replace: true })}
        />
      ),
    },
  ];
  return <FlowSteps steps={steps} step={step} onStep={showStep} wideFrom="sm" />;
}

function findFirstUnfilled(setup: readonly Field[], values: FieldValues): number {
  if (values['credentialId'] === '') return STEP.authentication;
  return Object.keys(findFaults(setup, values)).length > 0 ? STEP.setup : STEP.test;
}
