/** The form of a port's own code and of its aliases: two letters for the country, then three of A-Z and 0-9. sql/schema.sql checks the same. */
export const portCodePattern = /^[A-Z]{2}[A-Z0-9]{3}$/
export const portCodeChars = 5
