// SPDX-License-Identifier: Apache-2.0

// setns (per thread) and memfd_create are GNU extensions, which is why this is C.
#define _GNU_SOURCE
#include "CNamespace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int socket_inside(const char *path) {
    int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0) return -errno;
    int other = open(path, O_RDONLY | O_CLOEXEC);
    if (other < 0) {
        int failed = -errno;
        close(own);
        return failed;
    }
    int made = -EPERM;
    if (setns(other, CLONE_NEWNET) == 0) {
        made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (made < 0) made = -errno;
        if (setns(own, CLONE_NEWNET) != 0) pthread_exit(NULL);
    } else {
        made = -errno;
    }
    close(other);
    close(own);
    return made;
}

int lyceum_tcp_answers(const char *path, uint32_t address, uint16_t port, int timeout_ms) {
    int made = socket_inside(path);
    if (made < 0) return made;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(address)}};
    int answers = connect(made, (struct sockaddr *)&to, sizeof to) == 0;
    if (!answers && errno == EINPROGRESS) {
        struct pollfd wait = {.fd = made, .events = POLLOUT};
        int error = 0;
        socklen_t size = sizeof error;
        if (poll(&wait, 1, timeout_ms) == 1 && getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &size) == 0) answers = error == 0;
    }
    close(made);
    return answers;
}

int lyceum_memory_file(const void *bytes, size_t count) {
    int file = memfd_create("lyceum-input", MFD_CLOEXEC);
    if (file < 0) return -errno;
    for (size_t done = 0; done < count;) {
        ssize_t written = write(file, (const char *)bytes + done, count - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            int failed = written < 0 ? -errno : -EIO;
            close(file);
            return failed;
        }
        done += (size_t)written;
    }
    if (lseek(file, 0, SEEK_SET) < 0) {
        int failed = -errno;
        close(file);
        return failed;
    }
    return file;
}
