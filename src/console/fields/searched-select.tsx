/** A choice among more than one list holds: what is typed is looked for by the server. */

import { Select, type SelectProps } from '@mantine/core';

/** What can be chosen. */
export interface Choosable {
  readonly id: string;
  readonly name: string;
}

/** The choice. */
export interface SearchedSelectProps extends Omit<SelectProps, 'data' | 'filter' | 'searchable' | 'onSearchChange'> {
  /** What the server found for the text that {@link onSearch} got last. */
  readonly found: readonly Choosable[];
  /** Shown as the present choice, be it among {@link found} or not; null if nothing is chosen. */
  readonly chosen: Choosable | null;
  /** Gets the text to search for; empty while the present choice stands in the field. */
  readonly onSearch: (text: string) => void;
}

/** The field. */
export function SearchedSelect({ found, chosen, onSearch, ...props }: SearchedSelectProps) {
  const listed = new Set(found.map(({ id }) => id));
  const known = chosen && !listed.has(chosen.id) ? [...found, chosen] : found;
  return (
    <Select
      {...props}
      searchable
      data={known.map(({ id, name }) => ({ value: id, label: name }))}
      filter={({ options }) => options.filter((option) => 'value' in option && listed.has(String(option.value)))}
      onSearchChange={(text) => onSearch(text === chosen?.name ? '' : text)}
    />
  );
}
