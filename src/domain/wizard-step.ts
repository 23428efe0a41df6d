/** Steps of the wizard that sets a destination up, as data that forms are built from. */

/** How a form asks for a value. */
export type WizardFieldKind =
  | 'TEXT'
  | 'MULTILINE'
  | 'SECRET'
  | 'BOOLEAN'
  | 'TIME'
  | 'INTEGER'
  | 'ENUM'
  | 'REGION'
  | 'STREAM'
  | 'CREDENTIAL'
  | 'TEXT_LIST';

/** Which step of the wizard. */
export type WizardStepKind = 'AUTHENTICATION' | 'SETUP';

/** One value of an ENUM field. */
export interface WizardOption {
  value: string;
  label: string;
  help: string;
}

/** One field of a wizard step. */
export interface WizardField {
  /** That of the input field that takes it; with a dot for a field of a nested input. */
  name: string;
  label: string;
  help: string;
  type: WizardFieldKind;
  required: boolean;
  /** ECMAScript regular expression of the whole value. */
  pattern: string | null;
  /** In characters. */
  maxLength: number | null;
  /** As text. */
  defaultValue: string | null;
  options: WizardOption[];
  /** Shown only while another field has one of these values. */
  shownWhen: { field: string; values: string[] } | null;
}

/** One step of the wizard. */
export interface WizardStep {
  kind: WizardStepKind;
  title: string;
  fields: WizardField[];
}

/** Makes a field; what is not given is absent, and the field optional. */
export function wizardField(
  name: string,
  label: string,
  type: WizardFieldKind,
  details: Partial<WizardField> & { help: string },
): WizardField {
  const none = { required: false, pattern: null, maxLength: null, defaultValue: null, options: [], shownWhen: null };
  return { name, label, type, ...none, ...details };
}
