// VAT identification numbers of the European Union: what they look like and whose they are.
// Well-formed is all that is asked. Whether a number is in use today only the Commission's VIES knows.

type Format = {
  /** The country of the business, as ISO 3166-1 has it. */
  readonly country: string
  /** What follows the prefix. */
  readonly pattern: RegExp
}

/** By prefix, as the Commission lists them. Greece writes EL; XI is Northern Ireland, which ISO counts to GB. */
const FORMATS: Readonly<Record<string, Format>> = {
  AT: { country: "AT", pattern: /^U\d{8}$/ },
  BE: { country: "BE", pattern: /^[01]\d{9}$/ },
  BG: { country: "BG", pattern: /^\d{9,10}$/ },
  CY: { country: "CY", pattern: /^\d{8}[A-Z]$/ },
  CZ: { country: "CZ", pattern: /^\d{8,10}$/ },
  DE: { country: "DE", pattern: /^\d{9}$/ },
  DK: { country: "DK", pattern: /^\d{8}$/ },
  EE: { country: "EE", pattern: /^\d{9}$/ },
  EL: { country: "GR", pattern: /^\d{9}$/ },
  ES: { country: "ES", pattern: /^([A-Z]\d{7}[A-Z0-9]|\d{8}[A-Z])$/ },
  FI: { country: "FI", pattern: /^\d{8}$/ },
  FR: { country: "FR", pattern: /^[A-HJ-NP-Z0-9]{2}\d{9}$/ },
  HR: { country: "HR", pattern: /^\d{11}$/ },
  HU: { country: "HU", pattern: /^\d{8}$/ },
  IE: { country: "IE", pattern: /^(\d{7}[A-W][A-I]?|\d[A-Z+*]\d{5}[A-W])$/ },
  IT: { country: "IT", pattern: /^\d{11}$/ },
  LT: { country: "LT", pattern: /^(\d{9}|\d{12})$/ },
  LU: { country: "LU", pattern: /^\d{8}$/ },
  LV: { country: "LV", pattern: /^\d{11}$/ },
  MT: { country: "MT", pattern: /^\d{8}$/ },
  NL: { country: "NL", pattern: /^[A-Z0-9+*]{9}B\d{2}$/ },
  PL: { country: "PL", pattern: /^\d{10}$/ },
  PT: { country: "PT", pattern: /^\d{9}$/ },
  RO: { country: "RO", pattern: /^\d{2,10}$/ },
  SE: { country: "SE", pattern: /^\d{12}$/ },
  SI: { country: "SI", pattern: /^\d{8}$/ },
  SK: { country: "SK", pattern: /^\d{10}$/ },
  XI: { country: "GB", pattern: /^(\d{9}|\d{12}|GD[0-4]\d{2}|HA[5-9]\d{2})$/ },
}

const PREFIX_LENGTH = 2

/** The country whose well-formed VAT id this is, or null. Blanks, dots and dashes are how people group digits. */
export function countryOfVatId(text: string): string | null {
  const id = text.replaceAll(/[\s.-]/g, "").toUpperCase()
  const prefix = id.slice(0, PREFIX_LENGTH)
  // Own keys only: "constructor" has no format.
  const format = Object.hasOwn(FORMATS, prefix) ? FORMATS[prefix] : undefined
  return format?.pattern.test(id.slice(PREFIX_LENGTH)) === true ? format.country : null
}
