/** What became of a mutation: its success, or why it was refused, in one form. */

import { type AnyVariables, type TypedDocumentNode, useMutation } from 'urql';

/** Why nothing was done. */
export interface Refusal {
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** Where in the arguments; null if the whole request is meant. */
  readonly path: readonly string[] | null;
  /** Several faults of one input. */
  readonly issues?: readonly { readonly message: string; readonly path: readonly string[] }[];
}

/** The answer of the one mutation in a document. */
export type AnswerOf<Data> = Data[Exclude<keyof Data, '__typename'>];

/** What a mutation answers when it did what was asked. */
export type SuccessOf<Data> = Exclude<AnswerOf<Data>, { message: string }>;

/** Success, or the refusal with the member of the union that it came as (null if no answer came at all). */
export type Outcome<Data> =
  | { readonly isDone: true; readonly success: SuccessOf<Data> }
  | { readonly isDone: false; readonly refusal: Refusal; readonly answer: AnswerOf<Data> | null };

/** A mutation ready to run. */
export interface Action<Data, Variables> {
  readonly isRunning: boolean;
  run(variables: Variables): Promise<Outcome<Data>>;
}

/** Makes a mutation ready to run. */
export function useAction<Data extends object, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
): Action<Data, Variables> {
  const [{ fetching }, execute] = useMutation(document);
  return {
    isRunning: fetching,
    async run(variables) {
      const { data, error } = await execute(variables);
      const answer = data ? readAnswer(data) : null;
      if (answer !== null && isSuccess<Data>(answer)) return { isDone: true, success: answer };
      if (isRefusal(answer)) return { isDone: false, refusal: answer, answer };
      return { isDone: false, refusal: toRefusal(error?.graphQLErrors[0]?.message), answer: null };
    },
  };
}

/** Parts of an input that no form shows: a conflict of versions is about the whole. */
const NO_FIELDS = ['input', 'expectedVersion'];

/** Faults by field, for forms whose fields have the names of the input's. @returns those that no field has as `''`. */
export function faultsByField(refusal: Refusal): Record<string, string> {
  const issues = refusal.issues ?? [{ message: refusal.message, path: refusal.path ?? [] }];
  return Object.fromEntries(
    issues.map(({ path, message }) => [path.filter((part) => !NO_FIELDS.includes(part)).join('.'), message]),
  );
}

/** All that is wrong, in one text. */
export function listFaults({ message, issues = [] }: Pick<Refusal, 'message' | 'issues'>): string {
  return issues.length > 0 ? issues.map((issue) => issue.message).join(' ') : message;
}

function toRefusal(message = 'The server does not answer. Check that it runs, then try again.'): Refusal {
  return { code: 'UNREACHABLE', message, path: null };
}

function readAnswer<Data extends object>(data: Data): AnswerOf<Data> | null {
  const found = Object.entries(data).find(([name]) => name !== '__typename');
  return found ? found[1] : null;
}

function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'message' in answer && 'path' in answer;
}

function isSuccess<Data>(answer: AnswerOf<Data>): answer is SuccessOf<Data> {
  return !isRefusal(answer);
}
