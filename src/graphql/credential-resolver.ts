/** Queries and mutations of credentials. */

import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { findExpiryWarning } from '../domain/credential-expiry.js';
import type { Connection } from './connection.js';
import { type Context, requireRole } from './context.js';
import {
  CredentialConnectionType,
  CredentialListArgs,
  CredentialType,
  listCredentials,
  toCredentialType,
} from './credential.js';
import {
  CreateCredentialInput,
  CreateCredentialResult,
  CreateCredentialSuccess,
  DeleteCredentialInput,
  DeleteCredentialResult,
  DeleteCredentialSuccess,
  UpdateCredentialInput,
  UpdateCredentialResult,
  UpdateCredentialSuccess,
} from './credential-mutations.js';
import type { DestinationInterface } from './destination.js';
import { DestinationConnectionType, DestinationListArgs, listDestinations } from './destination-list.js';
import { ErrorCodeType, toErrorCode } from './error-code.js';
import { orUserError } from './errors.js';
import { requestedId } from './requested-id.js';

/** Resolver of credentials. */
@Resolver(() => CredentialType)
export class CredentialResolver {
  @Query(() => CredentialType, { nullable: true, description: 'One credential; null if there is none.' })
  async credential(
    @Arg('id', () => ID, { description: 'Global id.' }) id: string,
    @Ctx() context: Context,
  ): Promise<CredentialType | null> {
    const credential = await context.loaders.credentialById.load(requestedId(id, 'Credential'));
    return credential && toCredentialType(credential);
  }

  @Query(() => CredentialConnectionType, { description: "The workspace's credentials." })
  credentials(
    @Args(() => CredentialListArgs) args: CredentialListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<CredentialType>> {
    return listCredentials(args, context);
  }

  @Mutation(() => CreateCredentialResult, {
    description:
      'Stores a credential; its secret is encrypted and never comes out. Role: ADMIN. InvalidInputError: fields that the kind does not take or lacks, malformed key or ARN, a kind that the operator does not allow. ConflictError: IDEMPOTENCY_KEY_REUSED.',
  })
  createCredential(
    @Arg('input', () => CreateCredentialInput, { description: 'The new credential.' }) input: CreateCredentialInput,
    @Ctx() context: Context,
  ): Promise<typeof CreateCredentialResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const credential = await context.services.credentials.create(context.viewer.workspaceId, input);
      return Object.assign(new CreateCredentialSuccess(), { credential: toCredentialType(credential) });
    });
  }

  @Mutation(() => UpdateCredentialResult, {
    description:
      "Changes a credential's name or expiry, not its secret (`rotateCredential` does). Role: ADMIN. InvalidInputError. NotFoundError. ConflictError: VERSION_CONFLICT.",
  })
  updateCredential(
    @Arg('input', () => UpdateCredentialInput, { description: 'What to change.' }) input: UpdateCredentialInput,
    @Ctx() context: Context,
  ): Promise<typeof UpdateCredentialResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const change = { ...input, id: requestedId(input.id, 'Credential') };
      const credential = await context.services.credentials.update(context.viewer.workspaceId, change);
      return Object.assign(new UpdateCredentialSuccess(), { credential: toCredentialType(credential) });
    });
  }

  @Mutation(() => DeleteCredentialResult, {
    description:
      'Deletes a credential and its secrets. Role: ADMIN. NotFoundError. InvalidStateError: IN_USE by a destination.',
  })
  deleteCredential(
    @Arg('input', () => DeleteCredentialInput, { description: 'Which one.' }) input: DeleteCredentialInput,
    @Ctx() context: Context,
  ): Promise<typeof DeleteCredentialResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const id = requestedId(input.id, 'Credential');
      await context.services.credentials.delete(context.viewer.workspaceId, id);
      return Object.assign(new DeleteCredentialSuccess(), { deletedId: input.id });
    });
  }

  // Here and not in the class of the type: destinations name their credential, and modules must not go in circles.
  @FieldResolver(() => DestinationConnectionType, { description: 'The destinations that use it.' })
  destinations(
    @Root() credential: CredentialType,
    @Args(() => DestinationListArgs) args: DestinationListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<DestinationInterface>> {
    return listDestinations(args, context, { scope: 'CREDENTIAL', id: credential.key });
  }

  @FieldResolver(() => ErrorCodeType, {
    nullable: true,
    description:
      'What will need a person: CREDENTIAL_EXPIRING from 14 days before `current.expiresAt` on, and after it; null if nothing will.',
  })
  warning(@Root() { current }: CredentialType): ErrorCodeType | null {
    const code = findExpiryWarning(current.expiresAt, new Date());
    return code && toErrorCode(code);
  }
}
