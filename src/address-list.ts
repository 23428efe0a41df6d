/** Lists of addresses and ranges of them, as `TRUSTED_PROXIES` has them. */
import { BlockList, isIP } from 'node:net';

/** A text is no list of addresses. */
export class AddressListError extends Error {
  override name = 'AddressListError';
}

/**
 * Reads a list.
 * @param text such as `10.0.0.0/8, 2001:db8::1`.
 * @throws {AddressListError} naming the entry that is neither an address nor a range.
 */
export function parseAddressList(text: string): BlockList {
  const list = new BlockList();
  for (const entry of text.split(',').map((part) => part.trim())) {
    const { address, family, bits } = parseRange(entry);
    if (bits === null) list.addAddress(address, family);
    else list.addSubnet(address, bits, family);
  }
  return list;
}

interface Range {
  address: string;
  family: 'ipv4' | 'ipv6';
  /** Of the prefix; null for a single address. */
  bits: number | null;
}

function parseRange(entry: string): Range {
  const [, address = '', digits = null] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const bits = digits === null ? null : Number(digits);
  if (isIP(address) === 0 || (bits ?? 0) > (family === 'ipv6' ? 128 : 32))
    throw new AddressListError(`has ${JSON.stringify(entry.slice(0, 60))}, which is neither an address nor a range`);
  return { address, family, bits };
}
