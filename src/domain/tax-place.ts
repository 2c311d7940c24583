// Where a sale is taxed, which rates apply there, and who accounts for the tax.
// A place is a country and the parts of it, from the largest down: US, US/NY, US/NY/NEW YORK CITY. A rate of a place applies to all
// that lies in it.

import type { Address } from "./address.ts"
import { isInEu } from "./country.ts"
import { countryOfVatId } from "./vat-id.ts"

/** How a country and a region are compared: without regard to case or blanks, and NY as its ISO 3166-2 code US-NY. */
export function placeOf(country: string, region: string | null): string {
  const parts = (region ?? "")
    .toUpperCase()
    .split("/")
    .map((part) => part.trim().replaceAll(/\s+/g, " "))
  const [largest = "", ...rest] = parts
  const short = largest.startsWith(`${country}-`) ? largest.slice(country.length + 1) : largest
  return [country, short, ...rest].filter((part) => part !== "").join("/")
}

/** The places that an address lies in, the country first; none without a country. Its city is a part of its region. */
export function placesOf(address: Address | null): string[] {
  if (address === null || address.country === null) return []
  const { country, region, city } = address
  const innermost = placeOf(
    country,
    region === null ? null : `${region}/${(city ?? "").replaceAll("/", " ")}`,
  )
  const parts = innermost.split("/")
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"))
}

/**
 * Whether the customer accounts for the tax itself: a business of another member state of the European Union than the seller's
 * (Directive 2006/112/EC, articles 44 and 196), which says so by a well-formed VAT id of the country where it is.
 */
export function isReverseCharge(
  sellerCountry: string,
  address: Address | null,
  taxId: string | null,
): boolean {
  const country = address?.country ?? null
  if (taxId === null || country === null || country === sellerCountry || !isInEu(sellerCountry)) return false
  return countryOfVatId(taxId) === country
}
