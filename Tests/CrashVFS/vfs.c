// SPDX-License-Identifier: Apache-2.0

#include "disk.h"

#include <stdlib.h>
#include <string.h>

// A file that SQLite has opened; the default file system's own follows it in memory.
typedef struct {
    sqlite3_file base;
    crash_disk *disk;
    // NULL for temporary files, which nobody wants back.
    inode *file;
    // The first sync of a journal or log that was opened to be made syncs the folder as well, as the default file system does.
    bool syncs_folder;
} crash_file;

static sqlite3_file *under(sqlite3_file *file) { return (sqlite3_file *)((crash_file *)file + 1); }
static crash_disk *disk_of(sqlite3_file *file) { return ((crash_file *)file)->disk; }

// Without this SQLite takes `file:…?vfs=…` for a name, where it was built without SQLITE_USE_URI.
__attribute__((constructor)) static void understand_addresses(void) { sqlite3_config(SQLITE_CONFIG_URI, 1); }

// MARK: Work on a file

// Notes a change before it is made below. SQLITE_OK where it may be made.
static int change_file(sqlite3_file *file, const void *bytes, int64_t length, int64_t offset, int refusal) {
    crash_disk *disk = disk_of(file);
    inode *changed = ((crash_file *)file)->file;
    if (!changed) return SQLITE_OK;
    pthread_mutex_lock(&disk->lock);
    int result = SQLITE_OK;
    work_fate fate = disk_work(disk);
    if (fate == work_is_refused) {
        result = refusal;
    } else if (!disk_note(disk, changed, bytes, length, offset)) {
        result = SQLITE_IOERR_NOMEM;
    } else if (fate == work_is_the_last) {
        result = refusal;
    }
    pthread_mutex_unlock(&disk->lock);
    return result;
}

static int file_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset) {
    int result = change_file(file, bytes, length, offset, SQLITE_IOERR_WRITE);
    return result == SQLITE_OK ? under(file)->pMethods->xWrite(under(file), bytes, length, offset) : result;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    int result = change_file(file, NULL, 0, size, SQLITE_IOERR_TRUNCATE);
    return result == SQLITE_OK ? under(file)->pMethods->xTruncate(under(file), size) : result;
}

// The file below is not synced: what counts is what this disk says that it has.
static int file_sync(sqlite3_file *file, int flags) {
    (void)flags;
    crash_file *synced = (crash_file *)file;
    crash_disk *disk = synced->disk;
    if (!synced->file) return SQLITE_OK;
    pthread_mutex_lock(&disk->lock);
    int result = SQLITE_OK;
    if (disk_work(disk) != work_is_done) {
        result = SQLITE_IOERR_FSYNC;
    } else if (!disk->lies) {
        if (!disk_settle(synced->file)) result = SQLITE_IOERR_NOMEM;
        if (synced->syncs_folder) disk_settle_names(disk);
        synced->syncs_folder = false;
    }
    pthread_mutex_unlock(&disk->lock);
    return result;
}

static int file_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset) {
    if (((crash_file *)file)->file && !crash_disk_has_power(disk_of(file))) return SQLITE_IOERR_READ;
    return under(file)->pMethods->xRead(under(file), bytes, length, offset);
}

// MARK: What the default file system does

static int file_close(sqlite3_file *file) { return under(file)->pMethods->xClose(under(file)); }
static int file_size(sqlite3_file *file, sqlite3_int64 *size) { return under(file)->pMethods->xFileSize(under(file), size); }
static int file_lock(sqlite3_file *file, int kind) { return under(file)->pMethods->xLock(under(file), kind); }
static int file_unlock(sqlite3_file *file, int kind) { return under(file)->pMethods->xUnlock(under(file), kind); }
static int file_is_reserved(sqlite3_file *file, int *result) { return under(file)->pMethods->xCheckReservedLock(under(file), result); }
static int file_control(sqlite3_file *file, int what, void *with) { return under(file)->pMethods->xFileControl(under(file), what, with); }
static int file_sector(sqlite3_file *file) { return under(file)->pMethods->xSectorSize(under(file)); }
static int file_traits(sqlite3_file *file) {
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}
static int file_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory) {
    return under(file)->pMethods->xShmMap(under(file), page, size, extend, memory);
}
static int file_map_lock(sqlite3_file *file, int offset, int count, int flags) {
    return under(file)->pMethods->xShmLock(under(file), offset, count, flags);
}
static void file_barrier(sqlite3_file *file) { under(file)->pMethods->xShmBarrier(under(file)); }
static int file_unmap(sqlite3_file *file, int deletes) { return under(file)->pMethods->xShmUnmap(under(file), deletes); }

// Version 2: without memory-mapped files, whose writes nobody sees.
static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_is_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = file_map,
    .xShmLock = file_map_lock,
    .xShmBarrier = file_barrier,
    .xShmUnmap = file_unmap,
};

// MARK: The folder

// The file of a name, made where it is to be; NULL where it cannot be had. A file that is new is work.
static inode *find_file(crash_disk *disk, const char *path, bool makes, int *result) {
    *result = SQLITE_OK;
    if (!disk->has_power) {
        *result = SQLITE_IOERR;
        return NULL;
    }
    name *entry = disk_name(disk, path);
    if (!entry) {
        *result = SQLITE_NOMEM;
        return NULL;
    }
    if (entry->now || !makes) return entry->now;
    work_fate fate = disk_work(disk);
    entry->now = disk_new_inode(disk);
    if (!entry->now) *result = SQLITE_NOMEM;
    if (fate != work_is_done) *result = SQLITE_IOERR;
    return entry->now;
}

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out) {
    crash_disk *disk = vfs->pAppData;
    crash_file *opened = (crash_file *)file;
    memset(opened, 0, sizeof *opened);
    opened->disk = disk;
    int kinds = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;
    bool makes = (flags & SQLITE_OPEN_CREATE) != 0;
    int result = SQLITE_OK;
    if (path && (flags & kinds)) {
        pthread_mutex_lock(&disk->lock);
        opened->file = find_file(disk, path, makes, &result);
        opened->syncs_folder = makes && !(flags & SQLITE_OPEN_MAIN_DB);
        pthread_mutex_unlock(&disk->lock);
    }
    if (result == SQLITE_OK) result = disk->under->xOpen(disk->under, path, under(file), flags, out);
    if (result == SQLITE_OK) opened->base.pMethods = &file_methods;
    return result;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int syncs_folder) {
    crash_disk *disk = vfs->pAppData;
    pthread_mutex_lock(&disk->lock);
    int result = SQLITE_OK;
    work_fate fate = disk_work(disk);
    name *entry = fate == work_is_refused ? NULL : disk_name(disk, path);
    if (entry) entry->now = NULL;
    if (fate != work_is_done) {
        result = SQLITE_IOERR_DELETE;
    } else if (!entry) {
        result = SQLITE_NOMEM;
    } else if (syncs_folder && !disk->lies) {
        disk_settle_names(disk);
    }
    pthread_mutex_unlock(&disk->lock);
    return result == SQLITE_OK ? disk->under->xDelete(disk->under, path, 0) : result;
}

static sqlite3_vfs *below(sqlite3_vfs *vfs) { return ((crash_disk *)vfs->pAppData)->under; }
static int access_file(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    return below(vfs)->xAccess(below(vfs), path, flags, result);
}
static int full_path(sqlite3_vfs *vfs, const char *path, int room, char *out) {
    return below(vfs)->xFullPathname(below(vfs), path, room, out);
}
static int randomness(sqlite3_vfs *vfs, int count, char *out) { return below(vfs)->xRandomness(below(vfs), count, out); }
static int sleep_for(sqlite3_vfs *vfs, int microseconds) { return below(vfs)->xSleep(below(vfs), microseconds); }
static int current_time(sqlite3_vfs *vfs, double *time) { return below(vfs)->xCurrentTime(below(vfs), time); }
static int current_milliseconds(sqlite3_vfs *vfs, sqlite3_int64 *time) { return below(vfs)->xCurrentTimeInt64(below(vfs), time); }
static int last_error(sqlite3_vfs *vfs, int room, char *out) { return below(vfs)->xGetLastError(below(vfs), room, out); }

// MARK: Disks

crash_disk *crash_disk_mount(const char *vfs_name) {
    if (sqlite3_initialize() != SQLITE_OK) return NULL;
    crash_disk *disk = calloc(1, sizeof *disk);
    if (!disk) return NULL;
    disk->vfs_name = strdup(vfs_name);
    disk->under = sqlite3_vfs_find(NULL);
    disk->has_power = true;
    if (!disk->vfs_name || !disk->under || pthread_mutex_init(&disk->lock, NULL) != 0) goto failed;
    disk->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(crash_file) + disk->under->szOsFile,
        .mxPathname = disk->under->mxPathname,
        .zName = disk->vfs_name,
        .pAppData = disk,
        .xOpen = open_file,
        .xDelete = delete_file,
        .xAccess = access_file,
        .xFullPathname = full_path,
        .xRandomness = randomness,
        .xSleep = sleep_for,
        .xCurrentTime = current_time,
        .xGetLastError = last_error,
        .xCurrentTimeInt64 = current_milliseconds,
    };
    if (sqlite3_vfs_register(&disk->vfs, 0) == SQLITE_OK) return disk;
    pthread_mutex_destroy(&disk->lock);
failed:
    free(disk->vfs_name);
    free(disk);
    return NULL;
}

int64_t crash_disk_work(crash_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    int64_t work = disk->work;
    pthread_mutex_unlock(&disk->lock);
    return work;
}

void crash_disk_lose_power_at(crash_disk *disk, int64_t number) {
    pthread_mutex_lock(&disk->lock);
    disk->ends_at = number;
    pthread_mutex_unlock(&disk->lock);
}

void crash_disk_lose_power(crash_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    disk->has_power = false;
    pthread_mutex_unlock(&disk->lock);
}

bool crash_disk_has_power(crash_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    bool has_power = disk->has_power;
    pthread_mutex_unlock(&disk->lock);
    return has_power;
}

void crash_disk_lie(crash_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    disk->lies = true;
    pthread_mutex_unlock(&disk->lock);
}

void crash_disk_eject(crash_disk *disk) {
    sqlite3_vfs_unregister(&disk->vfs);
    pthread_mutex_lock(&disk->lock);
    disk->has_power = false;
    disk_forget(disk);
    pthread_mutex_unlock(&disk->lock);
}
