// Threshold invoices: a subscription's usage is billed in the midst of its period when what is not billed yet reaches an amount.
// Pure.

/** A threshold that was reached, on its way to the agenda through the queue of jobs. The number names the crossing among those of
 *  its subscription for ever. */
export type ThresholdMessage = {
  readonly kind: "threshold-reached"
  readonly tenant_id: string
  readonly subscription_id: string
  readonly crossing: number
}
