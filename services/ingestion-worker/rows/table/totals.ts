import { trimmed } from './trimmed.ts'

const totals = /^(grand|sub)?[\s-]*(total|totals|sum|subtotal|average|avg|mean|summe|gesamt|gesamtsumme|zwischensumme|durchschnitt|somme|totaal|totale|suma|итого|всего|合计|总计|合計)\s*:?$/iu

/** Returns whether a text names a row of totals. */
export const isTotal = (text: string): boolean => text.length < 40 && totals.test(trimmed(text))
