/** A value as it is stored: an INT32, FLOAT or DOUBLE is a number, an INT64 a bigint, others are bytes, which are valid until the next value. */
export type Stored = number | bigint | Uint8Array

/** The values of a page, without its nulls, one by one. `next` throws FileRefused after the end of the page. */
export type Values = { next (): Stored }
