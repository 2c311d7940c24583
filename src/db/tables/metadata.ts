// What callers keep with their own records.

export type Metadata = Readonly<Record<string, string>>
