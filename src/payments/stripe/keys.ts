// Where what is made at Stripe keeps our names.

/** The key that it was asked for under. */
export const KEY = "ledgerline_key"

/** The tenant, where several share an account. */
export const TENANT = "tenant_id"
