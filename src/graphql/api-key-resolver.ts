/** Query and mutations of API keys. */

import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { ApiKeyConnectionType, ApiKeyListArgs, type ApiKeyType, listApiKeys, toApiKeyType } from './api-key.js';
import {
  CreateApiKeyInput,
  CreateApiKeyResult,
  CreateApiKeySuccess,
  RevokeApiKeyInput,
  RevokeApiKeyResult,
  RevokeApiKeySuccess,
  UpdateApiKeyInput,
  UpdateApiKeyResult,
  UpdateApiKeySuccess,
} from './api-key-mutations.js';
import type { Connection } from './connection.js';
import { type Context, requireRole } from './context.js';
import { orUserError } from './errors.js';
import { requestedId } from './requested-id.js';

/** Resolver of API keys. */
@Resolver()
export class ApiKeyResolver {
  @Query(() => ApiKeyConnectionType, {
    description: "The workspace's API keys, revoked and expired ones included. Role: ADMIN.",
  })
  apiKeys(@Args(() => ApiKeyListArgs) args: ApiKeyListArgs, @Ctx() context: Context): Promise<Connection<ApiKeyType>> {
    requireRole(context, 'ADMIN');
    return listApiKeys(args, context);
  }

  @Mutation(() => CreateApiKeyResult, {
    description:
      'Issues an API key; its text is in this answer and nowhere else. A call that is sent again issues another. Role: ADMIN. InvalidInputError.',
  })
  createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'The new key.' }) input: CreateApiKeyInput,
    @Ctx() context: Context,
  ): Promise<typeof CreateApiKeyResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const { apiKey, text } = await context.services.apiKeys.create(context.viewer, input);
      return Object.assign(new CreateApiKeySuccess(), { apiKey: toApiKeyType(apiKey), key: text });
    });
  }

  @Mutation(() => UpdateApiKeyResult, {
    description:
      "Changes an API key's name, role or expiry; another role closes its sockets within 1 s. Role: ADMIN. InvalidInputError. NotFoundError, also for a revoked key. ConflictError: VERSION_CONFLICT. InvalidStateError: LAST_ADMIN_KEY.",
  })
  updateApiKey(
    @Arg('input', () => UpdateApiKeyInput, { description: 'What to change.' }) input: UpdateApiKeyInput,
    @Ctx() context: Context,
  ): Promise<typeof UpdateApiKeyResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const change = { ...input, id: requestedId(input.id, 'ApiKey') };
      const apiKey = await context.services.apiKeys.update(context.viewer, change);
      return Object.assign(new UpdateApiKeySuccess(), { apiKey: toApiKeyType(apiKey) });
    });
  }

  @Mutation(() => RevokeApiKeyResult, {
    description:
      'Revokes an API key for good: within 1 s its requests are refused and its sockets closed with 4403. No effect on a revoked one. Role: ADMIN. NotFoundError. InvalidStateError: LAST_ADMIN_KEY.',
  })
  revokeApiKey(
    @Arg('input', () => RevokeApiKeyInput, { description: 'Which one.' }) input: RevokeApiKeyInput,
    @Ctx() context: Context,
  ): Promise<typeof RevokeApiKeyResult> {
    requireRole(context, 'ADMIN');
    return orUserError(async () => {
      const apiKey = await context.services.apiKeys.revoke(context.viewer, requestedId(input.id, 'ApiKey'));
      return Object.assign(new RevokeApiKeySuccess(), { apiKey: toApiKeyType(apiKey) });
    });
  }
}
