// Revokes an API key: at once in this isolate, within a minute everywhere.

import { apiKeys } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function revokeApiKey(scope: Scope, id: string, reply: Reply<null>): Promise<Outcome<null>> {
  return act(
    scope,
    async () => {
      const key = await scope.read.records.key(id)
      if (key === null || key.revokedAt !== null) return err(notFound("API key"))
      return ok({
        value: null,
        commit: {
          writes: [scope.write.change(apiKeys, id, { revokedAt: scope.now })],
          audit: [
            { action: "api_key.revoked", subjectType: "ApiKey", subjectId: id, before: { name: key.name } },
          ],
        },
      })
    },
    reply,
  )
}
