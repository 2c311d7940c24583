// Billy's names of things. Processors are told some of them too, so they are made below the doors.

export type { Kind } from "../runtime/guid.ts"
export { guidOf, idOf } from "../runtime/guid.ts"
