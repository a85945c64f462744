// The stubs of lab tree: nobody copies a table.

// Lab tree: This is the work of a fork, one table at a time, where it is needed. A table has up to 512 entries, most have few: the record's
// `groups` says where. Both records must be right afterwards.
void share_entries_with(Table copy) const { (void)copy; }
