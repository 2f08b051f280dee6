// SPDX-License-Identifier: Apache-2.0
//
// What the files of a crash disk are made of. Whoever calls holds the disk's lock.
#ifndef CRASH_DISK_H
#define CRASH_DISK_H

#include "CrashVFS.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>

// One change of a file that is not on the medium for good: a write, or (bytes == NULL) a truncation to `offset`.
typedef struct change {
    int64_t number, offset, length;
    unsigned char *bytes;
    struct change *next;
} change;

// A file, whatever name leads to it.
typedef struct inode {
    unsigned char *bytes;
    int64_t size, room;
    change *first, **last;
    struct inode *next;
} inode;

// A name: where it leads to now, and where it leads to on the medium; NULL for nowhere.
typedef struct name {
    char *path;
    inode *now, *kept;
    struct name *next;
} name;

struct crash_disk {
    sqlite3_vfs vfs;
    sqlite3_vfs *under;
    char *vfs_name;
    pthread_mutex_t lock;
    bool has_power, lies;
    int64_t work, ends_at;
    name *names;
    inode *inodes;
};

// What becomes of a piece of work.
typedef enum { work_is_done, work_is_the_last, work_is_refused } work_fate;

work_fate disk_work(crash_disk *disk);
// The entry of a name; one that is met for the first time is read from the file below. NULL where there is no memory.
name *disk_name(crash_disk *disk, const char *path);
inode *disk_new_inode(crash_disk *disk);
// Remembers a change; false where there is no memory.
bool disk_note(crash_disk *disk, inode *file, const void *bytes, int64_t length, int64_t offset);
// What a sync of a file, and of the folder, brings to the medium.
bool disk_settle(inode *file);
void disk_settle_names(crash_disk *disk);
void disk_forget(crash_disk *disk);

#endif
