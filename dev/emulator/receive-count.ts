import { DatabaseSync } from 'node:sqlite'

/**
 * Prevents the loss of a released message. fauxqs 2.4.1 writes null over the receive count of a message that is released
 * (visibility 0), which its own table refuses. The request fails, the message is missing until the next start, and its group stays
 * locked. The trigger replaces that write by one that preserves the count.
 */
export function preserveReceiveCounts (databaseFile: string): void {
  const database = new DatabaseSync(databaseFile)
  database.exec(`
    create trigger if not exists keep_receive_count before update on sqs_messages when new.approximate_receive_count is null
    begin
      update sqs_messages set receipt_handle = null, visibility_deadline = null where message_id = old.message_id;
      select raise(ignore);
    end`)
  database.close()
}
