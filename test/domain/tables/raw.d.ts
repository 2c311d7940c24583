// What Vite makes of the tables: their text, by name. Workers have no file system to read them from.

interface ImportMeta {
  readonly glob: (
    pattern: string,
    options: { readonly query: "?raw"; readonly import: "default"; readonly eager: true },
  ) => Readonly<Record<string, string>>
}
