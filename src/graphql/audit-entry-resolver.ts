/** Query of the audit log. */

import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { AuditEntryConnectionType, AuditEntryListArgs, type AuditEntryType, listAuditEntries } from './audit-entry.js';
import type { Connection } from './connection.js';
import { type Context, requireRole } from './context.js';

/** Resolver of the audit log. */
@Resolver()
export class AuditEntryResolver {
  @Query(() => AuditEntryConnectionType, {
    description: 'Who did what: every call of a mutation, kept for as many days as the operator says. Role: ADMIN.',
  })
  auditEntries(
    @Args(() => AuditEntryListArgs) args: AuditEntryListArgs,
    @Ctx() context: Context,
  ): Promise<Connection<AuditEntryType>> {
    requireRole(context, 'ADMIN');
    return listAuditEntries(args, context);
  }
}
