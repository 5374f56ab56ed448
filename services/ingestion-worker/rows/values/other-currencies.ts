/** Codes of currencies that price lists are written in, beside USD, as alternatives of a pattern. */
export const otherCurrencyCodes = 'EUR|GBP|CNY|RMB|JPY|INR|KRW|SGD|HKD|TWD|AUD|CAD|CHF|SEK|NOK|DKK|AED'
/** Signs of currencies beside the dollar, for a class of characters. */
export const otherCurrencySigns = '€£¥₹₩₽₪₫฿'
