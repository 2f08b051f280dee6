// SPDX-License-Identifier: Apache-2.0

#include "disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// MARK: Bytes

static bool make_room(unsigned char **bytes, int64_t *room, int64_t size) {
    if (size <= *room) return true;
    int64_t wanted = size * 2;
    unsigned char *more = realloc(*bytes, (size_t)wanted);
    if (!more) return false;
    *bytes = more;
    *room = wanted;
    return true;
}

// Puts bytes into an image of a file; what lies between its end and them is zero.
static bool put(inode *image, const unsigned char *bytes, int64_t length, int64_t offset) {
    int64_t end = offset + length;
    if (!make_room(&image->bytes, &image->room, end)) return false;
    if (offset > image->size) memset(image->bytes + image->size, 0, (size_t)(offset - image->size));
    if (length > 0) memcpy(image->bytes + offset, bytes, (size_t)length);
    if (end > image->size) image->size = end;
    return true;
}

static bool apply(inode *image, const change *one) {
    if (one->bytes) return put(image, one->bytes, one->length, one->offset);
    if (one->offset < image->size) image->size = one->offset;
    return true;
}

static bool read_whole(inode *file, const char *path) {
    FILE *stream = fopen(path, "rb");
    if (!stream) return false;
    unsigned char piece[65536];
    size_t count;
    bool good = true;
    while (good && (count = fread(piece, 1, sizeof piece, stream)) > 0) good = put(file, piece, (int64_t)count, file->size);
    good = good && !ferror(stream);
    fclose(stream);
    return good;
}

// MARK: Files and names

work_fate disk_work(crash_disk *disk) {
    if (!disk->has_power) return work_is_refused;
    disk->work += 1;
    if (disk->work != disk->ends_at) return work_is_done;
    disk->has_power = false;
    return work_is_the_last;
}

inode *disk_new_inode(crash_disk *disk) {
    inode *file = calloc(1, sizeof *file);
    if (!file) return NULL;
    file->last = &file->first;
    file->next = disk->inodes;
    disk->inodes = file;
    return file;
}

name *disk_name(crash_disk *disk, const char *path) {
    for (name *one = disk->names; one; one = one->next)
        if (strcmp(one->path, path) == 0) return one;
    name *one = calloc(1, sizeof *one);
    char *copy = strdup(path);
    int is_there = 0;
    if (!one || !copy || disk->under->xAccess(disk->under, path, SQLITE_ACCESS_EXISTS, &is_there) != SQLITE_OK) goto failed;
    one->path = copy;
    if (is_there) {
        inode *file = disk_new_inode(disk);
        if (!file || !read_whole(file, path)) goto failed;
        one->now = file;
        // An empty one was just made by whoever opens it, and nobody has synced the folder since.
        if (file->size > 0) one->kept = file;
    }
    one->next = disk->names;
    disk->names = one;
    return one;
failed:
    free(one);
    free(copy);
    return NULL;
}

bool disk_note(crash_disk *disk, inode *file, const void *bytes, int64_t length, int64_t offset) {
    change *one = calloc(1, sizeof *one);
    if (!one) return false;
    one->number = disk->work;
    one->offset = offset;
    one->length = length;
    if (bytes) {
        one->bytes = malloc(length > 0 ? (size_t)length : 1);
        if (!one->bytes) {
            free(one);
            return false;
        }
        memcpy(one->bytes, bytes, (size_t)length);
    }
    *file->last = one;
    file->last = &one->next;
    return true;
}

static void forget_changes(inode *file) {
    while (file->first) {
        change *one = file->first;
        file->first = one->next;
        free(one->bytes);
        free(one);
    }
    file->last = &file->first;
}

bool disk_settle(inode *file) {
    for (change *one = file->first; one; one = one->next)
        if (!apply(file, one)) return false;
    forget_changes(file);
    return true;
}

void disk_settle_names(crash_disk *disk) {
    for (name *one = disk->names; one; one = one->next) one->kept = one->now;
}

void disk_forget(crash_disk *disk) {
    while (disk->inodes) {
        inode *file = disk->inodes;
        disk->inodes = file->next;
        forget_changes(file);
        free(file->bytes);
        free(file);
    }
    while (disk->names) {
        name *one = disk->names;
        disk->names = one->next;
        free(one->path);
        free(one);
    }
}

// MARK: What is left

typedef struct {
    uint64_t state;
    // Of a hundred pieces so many are left.
    unsigned density;
} chance;

// SplitMix64, as in the simulator.
static uint64_t draw(chance *chance) {
    uint64_t z = (chance->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static bool is_left(chance *chance) { return draw(chance) % 100 < chance->density; }

// Some pieces of one write, each of which ends where a unit of the medium does.
static bool tear(inode *image, const change *one, int64_t unit, chance *chance) {
    int64_t done = 0;
    while (done < one->length) {
        int64_t at = one->offset + done;
        int64_t count = unit - at % unit;
        if (count > one->length - done) count = one->length - done;
        if (is_left(chance) && !put(image, one->bytes + done, count, at)) return false;
        done += count;
    }
    return true;
}

static bool survive(inode *image, const inode *file, crash_kind kind, int64_t cut, chance *chance) {
    if (!put(image, file->bytes, file->size, 0)) return false;
    for (const change *one = file->first; one; one = one->next) {
        bool good = true;
        switch (kind) {
        case crash_leaves_nothing: return true;
        case crash_leaves_everything: good = apply(image, one); break;
        case crash_leaves_the_first:
            if (one->number < cut) {
                good = apply(image, one);
            } else if (one->number == cut && one->bytes) {
                good = put(image, one->bytes, (int64_t)(draw(chance) % (uint64_t)(one->length + 1)) / 512 * 512, one->offset);
            }
            break;
        case crash_tears_sectors:
        case crash_tears_pages:
            if (one->bytes) {
                good = tear(image, one, kind == crash_tears_sectors ? 512 : 4096, chance);
            } else if (is_left(chance)) {
                good = apply(image, one);
            }
        }
        if (!good) return false;
    }
    // The new length of a file is one more thing that may be lost.
    bool is_torn = kind == crash_tears_sectors || kind == crash_tears_pages;
    if (is_torn && image->size > file->size && !is_left(chance)) image->size = file->size;
    return true;
}

static int write_out(const inode *image, const char *folder, const char *path) {
    const char *slash = strrchr(path, '/');
    char place[4096];
    int length = snprintf(place, sizeof place, "%s/%s", folder, slash ? slash + 1 : path);
    if (length < 0 || (size_t)length >= sizeof place) return ENAMETOOLONG;
    FILE *stream = fopen(place, "wb");
    if (!stream) return errno;
    size_t size = (size_t)image->size;
    bool good = size == 0 || fwrite(image->bytes, 1, size, stream) == size;
    if (fclose(stream) != 0 || !good) return EIO;
    return 0;
}

int crash_disk_salvage(crash_disk *disk, crash_kind kind, uint64_t seed, const char *folder) {
    pthread_mutex_lock(&disk->lock);
    disk->has_power = false;
    chance chance = {seed, 0};
    static const unsigned densities[] = {5, 50, 95};
    chance.density = densities[draw(&chance) % 3];
    int64_t oldest = disk->work;
    for (inode *file = disk->inodes; file; file = file->next)
        if (file->first && file->first->number < oldest) oldest = file->first->number;
    int64_t cut = oldest + (int64_t)(draw(&chance) % (uint64_t)(disk->work - oldest + 1));
    int failure = 0;
    for (name *one = disk->names; one && failure == 0; one = one->next) {
        bool is_new = kind == crash_leaves_everything || (kind != crash_leaves_nothing && is_left(&chance));
        inode *file = is_new ? one->now : one->kept;
        if (!file) continue;
        inode image = {0};
        failure = survive(&image, file, kind, cut, &chance) ? write_out(&image, folder, one->path) : ENOMEM;
        free(image.bytes);
    }
    pthread_mutex_unlock(&disk->lock);
    return failure;
}
