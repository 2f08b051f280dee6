// SPDX-License-Identifier: Apache-2.0
//
// A disk that loses what was not synced: a file system of SQLite's (https://www.sqlite.org/vfs.html) for tests, laid over the default one
// and chosen by name (`file:store?vfs=NAME`). Locks and shared memory are the default one's. Beside each database, journal and log it keeps
// what a sync has brought to the medium for good, and every write since; at a loss of power the files of the next life are made of these
// (crash_disk_salvage). From that moment on every call fails, so nothing more can be acknowledged.
//
// A disk is for files of one folder, each under its own name.
#ifndef CRASH_VFS_H
#define CRASH_VFS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct crash_disk crash_disk;

// What a loss of power leaves of the writes that were not synced. SQLite may count on writes that leave the bytes beside them alone
// (SQLITE_IOCAP_POWERSAFE_OVERWRITE, its own default), and on nothing else.
typedef enum {
    crash_leaves_nothing,     // what was synced, and not a byte more
    crash_leaves_everything,  // as if only the process had been killed
    crash_leaves_the_first,   // in the order of writing, up to one that is cut off in its middle
    crash_tears_sectors,      // any of the 512 bytes of each write, and any of the names
    crash_tears_pages,        // any of the 4096 bytes
} crash_kind;

// Registers a file system of this name; NULL where there is no memory. The name is copied.
crash_disk *crash_disk_mount(const char *name);
// How many writes, truncations, removals, new files and syncs there were.
int64_t crash_disk_work(crash_disk *disk);
// The power ends with the work of this number, counted from 1: it is not acknowledged, and its bytes may be on the medium or not.
void crash_disk_lose_power_at(crash_disk *disk, int64_t number);
// The power ends now.
void crash_disk_lose_power(crash_disk *disk);
bool crash_disk_has_power(crash_disk *disk);
// From now on a sync is acknowledged and not done.
void crash_disk_lie(crash_disk *disk);
// Writes the files that a loss of power leaves into another folder, by the chance of a seed; 0, or an errno.
int crash_disk_salvage(crash_disk *disk, crash_kind kind, uint64_t seed, const char *folder);
// Takes the disk away and gives its memory back, but for a few hundred bytes: a connection may still be closed afterwards. Call it once.
void crash_disk_eject(crash_disk *disk);

#endif
