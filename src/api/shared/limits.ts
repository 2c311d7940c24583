// Rate limits by the platform's own counters: approximate, per location, and without a round trip.

export type RateLimits = {
  /** False when this client address has failed to authenticate too often. */
  readonly mayTryCredentials: (address: string) => Promise<boolean>
  /** False when this tenant has called too often. */
  readonly mayCall: (tenantId: string) => Promise<boolean>
}
