-- When the payload came to the store, where that was before the acceptance, as an upload does. Null: at the acceptance, or by an older release.
alter table batches add column payload_stored_at timestamptz;
