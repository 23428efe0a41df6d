/** Revokes an API key for good; the last ADMIN key is refused. */

import { type ApiKeyCardFragment, RevokeApiKeyDocument } from '../generated/graphql.js';
import { EndByName } from '../ui/end-by-name.js';

/** What is revoked. */
export interface RevokeApiKeyProps {
  readonly apiKey: ApiKeyCardFragment;
  readonly onRevoked: () => void;
}

/** The button. */
export function RevokeApiKey({ apiKey: { id, name }, onRevoked }: RevokeApiKeyProps) {
  return (
    <EndByName
      document={RevokeApiKeyDocument}
      variables={{ id }}
      label="Revoke"
      description={`Revoke ${name}`}
      size="xs"
      title="Revoke the API key"
      name={name}
      consequence="Whoever uses it is shut out within a second, for good."
      onDone={onRevoked}
    />
  );
}
