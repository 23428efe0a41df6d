/** Ends an activation: asks for the names of its segments, and deletes it. */

import { type ActivationRowFragment, DeleteActivationDocument } from '../generated/graphql.js';
import { EndByName } from '../ui/end-by-name.js';

/** The button. */
export function EndActivation({ activation: { id, segments } }: { activation: ActivationRowFragment }) {
  const names = segments.map(({ segment }) => segment.name).join(', ');
  return (
    <EndByName
      document={DeleteActivationDocument}
      variables={{ id }}
      label="End"
      description={`End the activation of ${names}`}
      size="xs"
      title="End the activation"
      name={names}
      consequence="Changes of these segments are not delivered any more, and what waits is skipped. Segments and profiles stay."
    />
  );
}
