// Names at Stripe.

/** The last part of a URI, which is how the Billy API names what is Stripe's: `/v1/customers/cus_1`. */
export function bare(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1)
}

export function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  return typeof reference === "string" ? reference : (reference?.id ?? null)
}
