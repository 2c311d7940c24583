// Forgets what processors told and what the sandbox made, once nobody asks for it any more. By the wall: a test clock may run through years
// in a minute.

import { inArray, lt, sql } from "drizzle-orm"
import type { Instant } from "../domain/time.ts"
import type { Database } from "./database.ts"
import { processorEvents } from "./schema.ts"

/** Events that came before a time of the wall, which their ids tell, applied or not: what they are of was looked up since. */
export async function forgetProcessorEvents(db: Database, beforeId: string, limit: number): Promise<void> {
  const old = db
    .select({ id: processorEvents.id })
    .from(processorEvents)
    .where(lt(processorEvents.id, beforeId))
    .limit(limit)
  await db.delete(processorEvents).where(inArray(processorEvents.id, old))
}

/** Charges, refunds, payouts, events and detached methods. What a customer still has, and who is told, stays. The condition is that of the
 *  index `sandbox_objects_made`, which is short therefore. */
export async function forgetSandbox(db: Database, before: Instant, limit: number): Promise<void> {
  await db.run(sql`
    DELETE FROM sandbox_objects WHERE rowid IN (
      SELECT rowid FROM sandbox_objects
      WHERE made_at < ${before} AND status NOT IN ('Attached', 'Active')
      LIMIT ${limit}
    )`)
}
