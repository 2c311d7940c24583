// Who may import whom inside src/. The one table of it: the linter's configuration and the test of the tree both
// read it here. Arrows only go down; docs/architecture.md draws the picture and says why.

export type Layer = {
  /** What its files may import besides themselves: folders (ending in "/") and single files, relative to src/. */
  readonly may: readonly string[]
  /** Exceptions from `may`. */
  readonly never?: readonly string[]
  /** False where no package may be imported either. */
  readonly packages?: false
}

// A door converts and calls. It may read and may keep its caller's answer, but tables and writers are below it.
const door: Layer = {
  may: ["actions/", "db/", "domain/", "runtime/", "limits.ts"],
  never: ["db/schema.ts", "db/writer.ts"],
}

const outside: Layer = { may: ["domain/", "runtime/", "limits.ts"] }

export const layers: Readonly<Record<string, Layer>> = {
  domain: { may: [], packages: false },
  runtime: { may: [] },
  db: { may: ["domain/"] },
  archive: outside,
  budget: outside,
  meter: {
    may: ["domain/", "runtime/", "limits.ts", "budget/client.ts", "budget/gate.ts", "budget/protocol.ts"],
  },
  payments: outside,
  webhooks: outside,
  mail: outside,
  actions: {
    may: [
      "domain/",
      "db/",
      "archive/store.ts",
      "budget/client.ts",
      "mail/port.ts",
      "meter/client.ts",
      "meter/protocol.ts",
      "payments/port.ts",
      "runtime/",
      "limits.ts",
    ],
  },
  api: door,
  billy: door,
  web: door,
  jobs: door,
}

/** The composition root may import anything; nothing may import it. */
export const rootFiles = ["worker.ts", "context.ts"]

/** Files of src/ itself below the root: the bounds, and what the bindings are (it names the types they carry). */
const leafFiles: Readonly<Record<string, Layer>> = {
  "limits.ts": { may: [], packages: false },
  "env.ts": { may: ["domain/", "runtime/", "limits.ts", "budget/", "meter/"] },
}

/** Everything directly in src/: folders end in "/". */
export const topLevel = [
  ...Object.keys(layers).map((name) => `${name}/`),
  ...Object.keys(leafFiles),
  ...rootFiles,
]

/** The one file that may import the polyfill of Temporal, and the only package that the domain uses. */
export const temporalFile = "domain/time.ts"
export const temporalPackage = "temporal-polyfill/implementation"

/** Whether one file may import another; both are paths relative to src/, with forward slashes. */
export function mayImport(from: string, to: string): boolean {
  if (rootFiles.includes(from)) return true
  const layer = layerOf(from)
  if (layer === undefined) return false
  const own = `${from.split("/")[0]}/`
  if (from.includes("/") && to.startsWith(own)) return true
  const reaches = (target: string) => (target.endsWith("/") ? to.startsWith(target) : to === target)
  return layer.may.some(reaches) && !(layer.never ?? []).some(reaches)
}

/** Whether a file may import a package; `from` is relative to src/. */
export function mayImportPackage(from: string, name: string): boolean {
  if (name.startsWith("temporal-polyfill")) return from === temporalFile && name === temporalPackage
  return layerOf(from)?.packages !== false
}

function layerOf(file: string): Layer | undefined {
  if (rootFiles.includes(file)) return { may: [] }
  return file.includes("/") ? layers[file.split("/")[0] ?? ""] : leafFiles[file]
}
