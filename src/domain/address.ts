// A postal address. Only the country, the region and the city decide anything: where a customer is taxed.

export type Address = {
  readonly line1: string | null
  readonly line2: string | null
  readonly city: string | null
  readonly postalCode: string | null
  /** A state, province or region, as the country's tax rates name it. */
  readonly region: string | null
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null
}
