// What a company becomes by its processor's key, and what is left of one that its processor refuses.

import { createExecutionContext, env } from "cloudflare:test"
import { describe, expect, test } from "vitest"
import { createCompany } from "../../src/actions/create-company.ts"
import type { Platform } from "../../src/actions/scope.ts"
import { platformOf } from "../../src/context.ts"
import type { Processor } from "../../src/payments/port.ts"
import { KeyRefused, NoAnswer } from "../../src/payments/port.ts"
import { api } from "../support/client.ts"
import { companyWith, made } from "./client.ts"
import { guidOf } from "../../src/billy/guid.ts"

type Webhook = Parameters<Processor["registerWebhook"]>[0]

/** The platform with a processor that only takes callback addresses. */
function platformWith(
  registerWebhook: (webhook: Webhook) => ReturnType<Processor["registerWebhook"]>,
): Platform {
  const platform = platformOf(env, createExecutionContext())
  return { ...platform, processorOf: (tenant) => ({ ...platform.processorOf(tenant), registerWebhook }) }
}

async function register(processorKey: string) {
  const webhooks: Webhook[] = []
  const platform = platformWith(async (webhook) => {
    webhooks.push(webhook)
    return { ref: "we_1", secret: "whsec_1" }
  })
  const callbackUrl = (id: string, key: string) => `https://billy.example/${id}/${key}/`
  const created = await createCompany(platform, { requestId: "test", processorKey, callbackUrl })
  if (!created.ok) throw new Error(created.error.detail)
  return { ...created.value, webhooks }
}

describe("the processor's key", () => {
  test.each([
    ["sk_live_EXAMPLE0", "live", true],
    ["rk_live_EXAMPLE0", "live", true],
    ["sk_test_EXAMPLE0", "test", true],
    ["rk_test_EXAMPLE0", "test", true],
    ["ef13dce2093b11e388de026ba7d31e6f", "test", false],
    ["sk_live_", "test", false],
    ["pk_live_EXAMPLE0", "test", false],
    [" sk_live_EXAMPLE0", "test", false],
  ])("%s makes a %s tenant; with an account at Stripe: %s", async (key, mode, isStripe) => {
    const { tenant, keys, webhooks } = await register(key)
    expect([tenant.mode, tenant.stripeSealed !== null]).toEqual([mode, isStripe])
    expect(webhooks).toEqual([
      { key: tenant.id, url: `https://billy.example/${tenant.id}/${keys.callbackKey}/` },
    ])
    const row = await env.DB.prepare("SELECT * FROM tenants WHERE id = ?").bind(tenant.id).first()
    expect(row).toMatchObject({ mode })
    expect(JSON.stringify(row)).not.toContain(key)
    expect((await api(keys.apiKey).get("/admin/v1/tenant")).json).toMatchObject({
      mode,
      draft_grace_hours: 0,
      auto_finalize: true,
      dunning: { final_action: "None" },
    })
  })

  test("of a live account leaves nothing that could be shown again", async () => {
    const { tenant, keys } = await register("sk_live_EXAMPLE0")
    const guid = guidOf("company", tenant.id)
    const shown = await made(companyWith(keys.apiKey).get(`/v1/companies/${guid}`))
    expect(Object.keys(shown)).toEqual(["api_key", "created_at", "guid", "updated_at"])
    expect(shown.api_key).toBeNull()
    const row = await env.DB.prepare("SELECT * FROM companies WHERE tenant_id = ?").bind(tenant.id).first()
    expect(row).toMatchObject({ keys_sealed: null })
    expect((await companyWith(keys.apiKey).get("/billy/_sandbox/callbacks")).status).toBe(404)
  })

  test("that the processor does not take, or that finds none, leaves nothing at all", async () => {
    const count = async () =>
      (await env.DB.prepare("SELECT count(*) AS n FROM tenants").first<{ n: number }>())?.n
    const before = await count()
    const platform = platformWith(async () => {
      throw new KeyRefused("no")
    })
    const input = {
      requestId: "test",
      processorKey: "sk_test_EXAMPLE0",
      callbackUrl: () => "https://billy.example/",
    }
    const refused = await createCompany(platform, input)
    expect(refused).toMatchObject({ ok: false, error: { code: "invalid_request" } })
    const away = platformWith(async () => {
      throw new NoAnswer("away")
    })
    expect(await createCompany(away, input)).toMatchObject({
      ok: false,
      error: { code: "processor_unavailable" },
    })
    expect(await count()).toBe(before)
  })
})
