// The name of a meter among all objects. With the tenant in it, another tenant's subscription id is another, empty object.

export function meterName(tenantId: string, subscriptionId: string): string {
  return `${tenantId}/${subscriptionId}`
}
