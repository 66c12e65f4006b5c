/** Version 4 of the store: whether what it knows of the server is true of the server that the profile has now. */
export const SCHEMA_V4 = `
ALTER TABLE meta ADD COLUMN merging INTEGER; -- since when the mail here waits to be compared with the account; NULL: it was
`
