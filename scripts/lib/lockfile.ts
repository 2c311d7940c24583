// Whether package-lock.json has an entry for every package of every platform that it names. npm writes it without
// those that the registry at hand lacks, and then `npm ci` refuses the file everywhere.

import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { root } from "./root.ts"

type Entries = Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>

export async function lockfileFaults(): Promise<string[]> {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as { packages: Entries }
  return Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !isThere(lock.packages, path, name))
      .map((name) => `package-lock.json lacks ${name}, which ${path || "package.json"} names`),
  )
}

// As Node looks for a package: beside the one that asks, then in each folder above.
function isThere(packages: Entries, path: string, name: string): boolean {
  if (packages[`${path === "" ? "" : `${path}/`}node_modules/${name}`] !== undefined) return true
  if (path === "") return false
  const above = path.lastIndexOf("node_modules/")
  return isThere(packages, above <= 0 ? "" : path.slice(0, above - 1), name)
}
