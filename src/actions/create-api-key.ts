// Makes an API key. The key itself is told once; only its SHA-256 is kept.

import { apiKeys } from "../db/schema.ts"
import type { ApiKeyRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import type { KeyKind, Scope as Permission } from "../domain/tenant.ts"
import { KEY_PREFIX, PUBLISHABLE_SCOPES } from "../domain/tenant.ts"
import { sha256Hex } from "../runtime/hash.ts"
import { randomToken } from "../runtime/ids.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { invalid } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type NewApiKey = {
  readonly kind: KeyKind
  readonly name: string
  readonly description: string | null
  readonly scopes: readonly Permission[]
}

export type CreatedApiKey = { readonly key: ApiKeyRow; readonly secret: string }

const KEY_BYTES = 32

export async function mintKey(scope: Scope, input: NewApiKey): Promise<CreatedApiKey> {
  const { id: tenantId, mode } = scope.tenant
  const secret = `${KEY_PREFIX[input.kind]}_${mode}_${randomToken(KEY_BYTES)}`
  const key: ApiKeyRow = {
    id: scope.newId(),
    tenantId,
    hash: await sha256Hex(secret),
    kind: input.kind,
    mode,
    name: input.name,
    description: input.description,
    hint: `${secret.slice(0, 9)}…${secret.slice(-4)}`,
    scopes: input.kind === "Publishable" ? PUBLISHABLE_SCOPES : input.scopes,
    createdAt: scope.now,
    revokedAt: null,
  }
  return { key, secret }
}

export async function createApiKey(
  scope: Scope,
  input: NewApiKey,
  reply: Reply<CreatedApiKey>,
): Promise<Outcome<CreatedApiKey>> {
  if (input.kind === "Restricted" && input.scopes.length === 0) {
    return err(invalid("scopes", "A Restricted key needs at least one scope."))
  }
  if (input.kind !== "Restricted" && input.scopes.length > 0) {
    return err(invalid("scopes", `A ${input.kind} key has fixed scopes; only a Restricted key takes them.`))
  }
  const created = await mintKey(scope, input)
  const { id, kind, name, scopes } = created.key
  return act(
    scope,
    async () =>
      ok({
        value: created,
        commit: {
          writes: [scope.write.insert(apiKeys, created.key)],
          audit: [
            {
              action: "api_key.created",
              subjectType: "ApiKey",
              subjectId: id,
              after: { kind, name, scopes },
            },
          ],
        },
      }),
    reply,
  )
}
