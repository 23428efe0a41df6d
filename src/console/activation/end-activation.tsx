/** Ends an activation: asks for its name, and deletes it. */

import { type ActivationRowFragment, DeleteActivationDocument } from '../generated/graphql.js';
import { EndByName } from '../ui/end-by-name.js';
import { nameActivation } from './activation-name.js';

/** What is ended. */
export interface EndActivationProps {
  readonly activation: ActivationRowFragment;
  /** Called once it is no more. */
  readonly onDone?: () => void;
}

/** The button. */
export function EndActivation({ activation, onDone }: EndActivationProps) {
  const name = nameActivation(activation);
  return (
    <EndByName
      document={DeleteActivationDocument}
      variables={{ id: activation.id }}
      label="End"
      description={`End the activation of ${name}`}
      size="xs"
      title="End the activation"
      name={name}
      consequence="Changes of these segments are not delivered any more, and what waits is skipped. Segments and profiles stay."
      {...(onDone && { onDone })}
    />
  );
}
