/** Loads lists for many parents at once: every connection field of one operation costs one statement, however many parents. */

import DataLoader from 'dataloader';
import type { Db } from '../storage/database.js';
import { countByParents, type ListQuery, type Page, type PageRequest, pageByParents } from '../storage/paging.js';

/** Loads pages and counts of one kind of list. `Request` says which list: its scope, filter and order. */
export interface ListLoader<Request, Row> {
  /** One page of a parent's list. */
  page(parentId: number, request: Request, page: PageRequest): Promise<Page<Row>>;
  /** How many a parent's list has. */
  count(parentId: number, request: Request): Promise<number>;
}

interface Key<Request> {
  parentId: number;
  request: Request;
  page: PageRequest | null;
}

/**
 * Makes a loader for one operation.
 * @param toList turns a request into SQL parts; `parent.id` in its conditions is the parent.
 */
export function createListLoader<Request, Row>(
  db: Db,
  toList: (request: Request) => ListQuery<Row>,
): ListLoader<Request, Row> {
  const pages = new DataLoader<Key<Request>, Page<Row>, string>(
    (keys) =>
      inGroups(keys, ({ request, page }, parentIds) =>
        page === null ? Promise.resolve([]) : pageByParents(db, parentIds, { list: toList(request), page }),
      ),
    { cacheKeyFn: (key) => JSON.stringify(key) },
  );
  const counts = new DataLoader<Key<Request>, number, string>(
    (keys) => inGroups(keys, ({ request }, parentIds) => countByParents(db, parentIds, toList(request))),
    { cacheKeyFn: (key) => JSON.stringify(key) },
  );
  return {
    page: (parentId, request, page) => pages.load({ parentId, request, page }),
    count: (parentId, request) => counts.load({ parentId, request, page: null }),
  };
}

/**
 * Runs one statement for each group of keys that differ only in their parent; answers in the order of the keys. What
 * stops one group, such as a malformed cursor, is the answer of its keys alone.
 */
async function inGroups<Request, Answer>(
  keys: readonly Key<Request>[],
  run: (shared: Key<Request>, parentIds: number[]) => Promise<Answer[]>,
): Promise<(Answer | Error)[]> {
  const groups = new Map<string, { shared: Key<Request>; places: number[] }>();
  keys.forEach((key, place) => {
    const name = JSON.stringify([key.request, key.page]);
    const group = groups.get(name) ?? { shared: key, places: [] };
    group.places.push(place);
    groups.set(name, group);
  });
  const answers: (Answer | Error)[] = keys.map(() => new Error('The list was not read.'));
  for (const { shared, places } of groups.values()) {
    const parentIds = places.map((place) => keys[place]?.parentId ?? 0);
    const found = await run(shared, parentIds).catch(toError);
    places.forEach((place, index) => {
      const answer = found instanceof Error ? found : found[index];
      if (answer !== undefined) answers[place] = answer;
    });
  }
  return answers;
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('The list could not be read.', { cause: reason });
}
