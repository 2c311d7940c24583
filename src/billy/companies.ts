// POST /v1/companies, GET /v1/companies/{guid}

import { companyOfCallback, keysOf } from "../actions/company.ts"
import type { CompanyKeys } from "../actions/company.ts"
import { createCompany } from "../actions/create-company.ts"
import type { TenantRow } from "../db/rows.ts"
import { sameSecret } from "../runtime/hash.ts"
import { countGuess, countStranger, keyOf } from "./admit.ts"
import type { Api, Ctx } from "./door.ts"
import { FrameError } from "./errors.ts"
import { readForm, requiredText } from "./form.ts"
import { guidOf, idOf } from "./guid.ts"
import { answer, entity, unwrap } from "./http.ts"
import type { Json } from "./print.ts"
import { isoDate } from "./print.ts"

const FORM = { processor_key: requiredText() }

export function register(api: Api): void {
  api.post("/v1/companies", async (c) => {
    const { platform } = c.get("door")
    await mayRegister(c)
    const { processor_key: processorKey } = await readForm(c, FORM)
    const { origin } = new URL(c.req.url)
    const created = await createCompany(platform, {
      requestId: c.get("requestId"),
      processorKey,
      callbackUrl: (tenantId, key) =>
        `${origin}/v1/companies/${guidOf("company", tenantId)}/callbacks/${key}/`,
    })
    const { tenant, keys } = unwrap(created)
    return answer(c, companyJson(tenant, keys))
  })

  entity(api, "company", {
    async GET(c, { platform, tenant, read }) {
      const company = await read.companies.company()
      return answer(c, companyJson(tenant, company === null ? null : await keysOf(platform, company)))
    },
  })
}

/** Whether open to everybody or not, the root key registers companies. */
async function mayRegister(c: Ctx): Promise<void> {
  const { platform, isRegistrationOpen } = c.get("door")
  if (await sameSecret(keyOf(c) ?? "", platform.rootKey)) return
  if (isRegistrationOpen) return countStranger(c)
  await countGuess(c)
  throw new FrameError(403, "Companies are registered by the operator only")
}

/** A live company is told its key once, when it registers. */
function companyJson({ id, mode, createdAt }: TenantRow, keys: CompanyKeys | null): Json {
  const at = isoDate(createdAt)
  return {
    guid: guidOf("company", id),
    api_key: keys?.apiKey ?? null,
    ...(mode === "test" && keys !== null ? { callback_key: keys.callbackKey } : {}),
    created_at: at,
    updated_at: at,
  }
}

/** The tenant whose callback address this is; anything wrong with it is an address that there is not. */
export async function companyOfAddress(c: Ctx): Promise<TenantRow> {
  const guid = c.req.param("guid") ?? ""
  const id = idOf("company", guid)
  const { platform } = c.get("door")
  const tenant = id === null ? null : await companyOfCallback(platform, id, c.req.param("key") ?? "")
  if (tenant === null) throw new FrameError(404, `No such company ${guid}`)
  return tenant
}
