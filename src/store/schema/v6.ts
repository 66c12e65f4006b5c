/** Version 6 of the store: calendars and address books that are to be joined with those of an account. */
export const SCHEMA_V6 = `
ALTER TABLE folder ADD COLUMN joining TEXT CHECK(joining IN('place', 'compare')); -- of a collection, until it was joined with
  -- the account's: its place there is to be found or made, then what is in both is to be compared
ALTER TABLE folder ADD COLUMN known_of TEXT; -- of a collection: of which account its cursor and ETags are true
UPDATE folder SET known_of = (SELECT collections_of FROM meta) WHERE kind NOT IN('mail', 'file');
`
