/** One request from its head to its answer, with the faults in between. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, refusalAnswer, sendAnswer, sendSpoiltAnswer } from './answer.js';
import { AwsError } from './aws-error.js';
import { type AwsRequestHead, authenticate, type Protocol, parseHead } from './aws-request.js';
import type { FaultPlan, FaultScript } from './fault-script.js';
import { takesEffect } from './faults.js';
import { getOperation } from './operations.js';
import { parseQueryInput } from './query-protocol.js';
import { readBody } from './request-body.js';
import type { RequestContext, SandboxState } from './request-context.js';
import { parseWireInput, type WireInput } from './wire-input.js';

/** What requests are handled with; the two switches can change between requests. */
export interface HandlerSetup {
  readonly state: SandboxState;
  faultScript: FaultScript;
  /** Access key ids that are accepted; null = any. */
  accessKeyIds: ReadonlySet<string> | null;
  /** What faults draw by, unless their rules come with a seed of their own. */
  readonly seed: number;
  /** Ends waits when the sandbox closes. */
  readonly signal: AbortSignal;
}

/**
 * Handles a request of the AWS protocol. Never rejects but for bugs and for the end of the sandbox.
 */
export async function handleAwsRequest(
  request: IncomingMessage,
  response: ServerResponse,
  setup: HandlerSetup,
): Promise<void> {
  const head = parseHead(request);
  if (head.protocol === 'json') count(head, setup.state);
  if (setup.faultScript.strikesBeforeReading(head)) {
    request.socket.resetAndDestroy();
    return;
  }
  const read = await readInput(request, head, setup);
  if ('status' in read) {
    sendAnswer(response, read);
    return;
  }
  await serve(response, { ...read, setup });
}

interface ReadRequest {
  readonly head: AwsRequestHead;
  readonly input: WireInput;
  readonly setup: HandlerSetup;
}

function count(head: AwsRequestHead, { stats }: SandboxState): void {
  stats.requests[head.operation] = (stats.requests[head.operation] ?? 0) + 1;
  stats.accessKeys[head.accessKeyId] = (stats.accessKeys[head.accessKeyId] ?? 0) + 1;
}

/** The request with its body, or the answer that refuses it. */
async function readInput(
  request: IncomingMessage,
  head: AwsRequestHead,
  setup: HandlerSetup,
): Promise<Omit<ReadRequest, 'setup'> | Answer> {
  try {
    // The body is read in any case: an answer before its end would look like a broken connection to the client.
    const body = await readBody(request);
    if (head.protocol === 'query') return readForm(request, head, { body, setup });
    getOperation(head);
    admit(request, head, setup);
    return { head, input: parseWireInput(body) };
  } catch (error) {
    return refusal(error, head.protocol);
  }
}

/** STS names its operation in the form. */
function readForm(
  request: IncomingMessage,
  unnamed: AwsRequestHead,
  { body, setup }: { body: Buffer; setup: HandlerSetup },
): Omit<ReadRequest, 'setup'> {
  const input = parseQueryInput(body);
  const head = { ...unnamed, operation: String(input['Action'] ?? '') };
  count(head, setup.state);
  getOperation(head);
  admit(request, head, setup);
  return { head, input };
}

function admit(request: IncomingMessage, head: AwsRequestHead, { accessKeyIds, state }: HandlerSetup): void {
  authenticate(request, head, { accessKeyIds, sessions: state.sessions, now: state.now() });
}

async function serve(response: ServerResponse, request: ReadRequest): Promise<void> {
  const { signal, faultScript } = request.setup;
  const plan = planFaults(faultScript, request);
  if ('status' in plan) {
    sendAnswer(response, plan);
    return;
  }
  if (plan.appendLate) {
    await delay(plan.delayMs, undefined, { signal });
  }
  const answer = plan.answer === null || takesEffect(plan.answer) ? run(request, plan) : EMPTY[request.head.protocol];
  if (!plan.appendLate && plan.delayMs > 0) {
    await delay(plan.delayMs, undefined, { signal });
  }
  if (plan.answer === null) {
    sendAnswer(response, answer);
    return;
  }
  await sendSpoiltAnswer(response, { fault: plan.answer, answer, signal });
}

/** A malformed ARN is refused while rules look for their stream; it is the operation's own refusal. */
function planFaults(script: FaultScript, { head, input }: ReadRequest): FaultPlan | Answer {
  try {
    return script.plan(head, input);
  } catch (error) {
    return refusal(error, head.protocol);
  }
}

function run({ head, input, setup }: ReadRequest, plan: FaultPlan): Answer {
  const { accessKeyId, region } = head;
  const context: RequestContext = { state: setup.state, accessKeyId, region, faults: plan.appends };
  try {
    return { protocol: head.protocol, status: 200, body: getOperation(head)(input, context) };
  } catch (error) {
    return refusal(error, head.protocol);
  }
}

/** Anything but a refusal is a bug of the sandbox: it fails loudly instead of passing for a fault of AWS. */
function refusal(error: unknown, protocol: Protocol): Answer {
  if (error instanceof AwsError) return refusalAnswer(protocol, error);
  throw error;
}

/** What stands in for an answer that a fault keeps from being made. */
const EMPTY: Readonly<Record<Protocol, Answer>> = {
  json: { protocol: 'json', status: 200, body: '' },
  query: { protocol: 'query', status: 200, body: '' },
};
