/** A process that was there: its id belongs to nobody any more. */
process.exit(0);
