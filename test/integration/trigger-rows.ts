/** What triggers a live delivery and what does not: the product's table, each line as changes and what arrives. */

/** A profile's state or change: as `upsertProfiles` and bulk ingest both take it; segments are `mapped` and `other`. */
export interface Change {
  attributes?: Record<string, unknown>;
  identities?: { namespace: string; value: string }[];
  memberships?: { segmentId: 'mapped' | 'other'; status: string; validUntil?: string }[];
}

/** A record that arrives: its causes as `KIND subject`, and how the mapped segment stands in it. */
export interface Arrival {
  causes: string[];
  status: 'realized' | 'existing' | 'exited';
}

/** One change, and what must come of it. */
export interface Row {
  change: string;
  /** The profile before the activation; null if the change makes it. */
  before: Change | null;
  /** Sent one after the other. */
  changes: (() => Change)[];
  arrivals: Arrival[];
  consent?: 'SEND_EXIT' | 'SKIP';
  changeDetection?: 'EXPORT_ALWAYS' | 'EXPORT_IF_CHANGED';
}

/** What activations map. */
export const MAPPED_ATTRIBUTES = ['person.name.firstName', 'tier'];
const EXPIRES_AFTER_MS = 2_000;

const attributes = {
  person: { name: { firstName: 'Ada', lastName: 'Lovelace' } },
  tier: 1,
  consent: { marketing: 'y' },
};
/** A present member, permitted, with every mapped attribute. */
export const realized: Change = { attributes, memberships: [{ segmentId: 'mapped', status: 'REALIZED' }] };
const existing: Change = { attributes, memberships: [{ segmentId: 'mapped', status: 'EXISTING' }] };
const exited: Change = { attributes, memberships: [{ segmentId: 'mapped', status: 'EXITED' }] };
const outside: Change = { attributes, memberships: [{ segmentId: 'other', status: 'REALIZED' }] };
const refused: Change = { ...realized, attributes: { ...attributes, consent: { marketing: 'n' } } };
const undecided: Change = { ...realized, attributes: { tier: 1 } };

const identity = { namespace: 'ecid', value: '0001' };
const set = (segmentId: 'mapped' | 'other', status: string) => () => ({ memberships: [{ segmentId, status }] });
const write = (given: Record<string, unknown>) => () => ({ attributes: given });
const identify =
  (...identities: { namespace: string; value: string }[]) =>
  () => ({ identities });
const consent = (value: string) => write({ consent: { marketing: value } });
const once = (status: Arrival['status'], ...causes: string[]): Arrival[] => [{ causes, status }];
const NOTHING: Arrival[] = [];
const JOINED = once('realized', 'MEMBERSHIP mapped');
const LEFT = once('exited', 'MEMBERSHIP mapped');

const endingSoon = () => ({
  memberships: [
    {
      segmentId: 'mapped' as const,
      status: 'REALIZED',
      validUntil: new Date(Date.now() + EXPIRES_AFTER_MS).toISOString(),
    },
  ],
});

/** Section by section, each row as often as there is something to tell apart. */
export const ROWS: Row[] = [
  // Membership of a mapped segment becomes realized or exited: yes.
  {
    change: 'a known profile joins a mapped segment',
    before: { attributes },
    changes: [set('mapped', 'REALIZED')],
    arrivals: JOINED,
  },
  {
    change: 'a new profile joins a mapped segment',
    before: null,
    changes: [set('mapped', 'REALIZED')],
    arrivals: JOINED,
  },
  { change: 'a former member joins again', before: exited, changes: [set('mapped', 'REALIZED')], arrivals: JOINED },
  { change: 'a realized member leaves', before: realized, changes: [set('mapped', 'EXITED')], arrivals: LEFT },
  { change: 'an existing member leaves', before: existing, changes: [set('mapped', 'EXITED')], arrivals: LEFT },
  {
    change: 'a membership ends by its validUntil',
    before: { attributes },
    changes: [endingSoon],
    arrivals: [...JOINED, ...LEFT],
  },
  { change: 'a former member leaves again', before: exited, changes: [set('mapped', 'EXITED')], arrivals: NOTHING },
  // Membership of a mapped segment becomes existing: no.
  {
    change: 'a realized member qualifies again',
    before: realized,
    changes: [set('mapped', 'REALIZED')],
    arrivals: NOTHING,
  },
  {
    change: 'a realized member turns to existing',
    before: realized,
    changes: [set('mapped', 'EXISTING')],
    arrivals: NOTHING,
  },
  // Membership of an unmapped segment changes: no.
  {
    change: 'a member joins an unmapped segment',
    before: realized,
    changes: [set('other', 'REALIZED')],
    arrivals: NOTHING,
  },
  {
    change: 'a profile leaves an unmapped segment',
    before: outside,
    changes: [set('other', 'EXITED')],
    arrivals: NOTHING,
  },
  // Any identity added or removed: yes, for members.
  {
    change: 'an identity of a realized member is added',
    before: realized,
    changes: [identify(identity)],
    arrivals: once('realized', 'IDENTITY ecid'),
  },
  {
    change: 'an identity of an existing member is added',
    before: existing,
    changes: [identify(identity)],
    arrivals: once('existing', 'IDENTITY ecid'),
  },
  {
    change: 'an identity of a member is removed',
    before: { ...realized, identities: [identity] },
    changes: [identify()],
    arrivals: once('realized', 'IDENTITY ecid'),
  },
  {
    change: 'the identities of a member are written as they were',
    before: { ...realized, identities: [identity] },
    changes: [identify(identity)],
    arrivals: NOTHING,
  },
  {
    change: 'an identity of a former member is added',
    before: exited,
    changes: [identify(identity)],
    arrivals: NOTHING,
  },
  {
    change: 'an identity of who is in an unmapped segment only is added',
    before: outside,
    changes: [identify(identity)],
    arrivals: NOTHING,
  },
  // A mapped attribute is written with another value: yes, for members.
  {
    change: 'a mapped attribute of a realized member changes',
    before: realized,
    changes: [write({ tier: 2 })],
    arrivals: once('realized', 'ATTRIBUTE tier'),
  },
  {
    change: 'a mapped attribute of an existing member changes',
    before: existing,
    changes: [write({ tier: 2 })],
    arrivals: once('existing', 'ATTRIBUTE tier'),
  },
  {
    change: 'two mapped attributes of a member change at once',
    before: realized,
    changes: [write({ tier: 2, person: { name: { firstName: 'Grace' } } })],
    arrivals: once('realized', 'ATTRIBUTE person.name.firstName', 'ATTRIBUTE tier'),
  },
  {
    change: 'a mapped attribute of a former member changes',
    before: exited,
    changes: [write({ tier: 2 })],
    arrivals: NOTHING,
  },
  {
    change: 'a mapped attribute of no member changes',
    before: { attributes },
    changes: [write({ tier: 2 })],
    arrivals: NOTHING,
  },
  // A mapped attribute is written with an equal value: no by default; EXPORT_ALWAYS.
  {
    change: 'a mapped attribute of a member is written as it was',
    before: realized,
    changes: [write({ tier: 1 })],
    arrivals: NOTHING,
  },
  {
    change: 'a mapped attribute of a member is written as it was, under EXPORT_ALWAYS',
    before: realized,
    changes: [write({ tier: 1 })],
    arrivals: once('realized', 'ATTRIBUTE tier'),
    changeDetection: 'EXPORT_ALWAYS',
  },
  {
    change: 'a mapped attribute of no member is written as it was, under EXPORT_ALWAYS',
    before: outside,
    changes: [write({ tier: 1 })],
    arrivals: NOTHING,
    changeDetection: 'EXPORT_ALWAYS',
  },
  // An unmapped attribute changes: no.
  {
    change: 'an unmapped attribute of a member changes',
    before: realized,
    changes: [write({ person: { name: { lastName: 'Byron' } } })],
    arrivals: NOTHING,
  },
  {
    change: 'an unmapped attribute of a member changes, under EXPORT_ALWAYS',
    before: realized,
    changes: [write({ city: 'London' })],
    arrivals: NOTHING,
    changeDetection: 'EXPORT_ALWAYS',
  },
  // The consent attribute changes, where the destination has a rule.
  {
    change: 'consent is withdrawn, with SEND_EXIT',
    before: realized,
    changes: [consent('n')],
    arrivals: once('exited', 'CONSENT consent.marketing'),
    consent: 'SEND_EXIT',
  },
  {
    change: 'consent is withdrawn, with SKIP',
    before: realized,
    changes: [consent('n')],
    arrivals: NOTHING,
    consent: 'SKIP',
  },
  {
    change: 'consent of no member is withdrawn, with SEND_EXIT',
    before: { attributes },
    changes: [consent('n')],
    arrivals: NOTHING,
    consent: 'SEND_EXIT',
  },
  {
    change: 'consent is given, with SEND_EXIT',
    before: refused,
    changes: [consent('y')],
    arrivals: once('realized', 'CONSENT consent.marketing'),
    consent: 'SEND_EXIT',
  },
  {
    change: 'consent is given, with SKIP',
    before: refused,
    changes: [consent('y')],
    arrivals: once('realized', 'CONSENT consent.marketing'),
    consent: 'SKIP',
  },
  {
    change: 'consent of no member is given',
    before: { ...refused, memberships: [] },
    changes: [consent('y')],
    arrivals: NOTHING,
    consent: 'SKIP',
  },
  {
    change: 'a mapped attribute of a member without consent changes',
    before: refused,
    changes: [write({ tier: 2 })],
    arrivals: NOTHING,
    consent: 'SEND_EXIT',
  },
  {
    change: 'a mapped attribute of a member who never decided changes',
    before: undecided,
    changes: [write({ tier: 2 })],
    arrivals: NOTHING,
    consent: 'SKIP',
  },
  {
    change: 'a profile without consent joins',
    before: { ...refused, memberships: [] },
    changes: [set('mapped', 'REALIZED')],
    arrivals: NOTHING,
    consent: 'SKIP',
  },
  {
    change: 'consent is withdrawn where no rule asks for it',
    before: realized,
    changes: [consent('n')],
    arrivals: NOTHING,
  },
  // A former member gets its exit record and nothing after it.
  {
    change: 'a member leaves, and then changes',
    before: realized,
    changes: [set('mapped', 'EXITED'), write({ tier: 2 }), identify(identity), set('other', 'REALIZED')],
    arrivals: LEFT,
  },
  {
    change: 'consent is withdrawn, and then the member changes and leaves, with SEND_EXIT',
    before: realized,
    changes: [consent('n'), write({ tier: 2 }), set('mapped', 'EXITED')],
    arrivals: once('exited', 'CONSENT consent.marketing'),
    consent: 'SEND_EXIT',
  },
];
