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

struct question {
    const char *path;
    uint32_t address;
    uint16_t port;
    int timeout_ms;
    int answer;
};

static int socket_inside(const char *path) {
    int other = open(path, O_RDONLY | O_CLOEXEC);
    if (other < 0) return -errno;
    int made = setns(other, CLONE_NEWNET) == 0 ? socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
    if (made < 0) made = -errno;
    close(other);
    return made;
}

static void *ask(void *given) {
    struct question *question = given;
    int made = socket_inside(question->path);
    question->answer = made;
    if (made < 0) return NULL;
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(question->port), .sin_addr = {.s_addr = htonl(question->address)}};
    int answers = connect(made, (struct sockaddr *)&to, sizeof to) == 0;
    if (!answers && errno == EINPROGRESS) {
        struct pollfd wait = {.fd = made, .events = POLLOUT};
        int error = 0;
        socklen_t size = sizeof error;
        if (poll(&wait, 1, question->timeout_ms) == 1 && getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &size) == 0) answers = error == 0;
    }
    close(made);
    question->answer = answers;
    return NULL;
}

int lyceum_tcp_answers(const char *path, uint32_t address, uint16_t port, int timeout_ms) {
    struct question question = {path, address, port, timeout_ms, -EIO};
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, ask, &question);
    if (failed == 0) failed = pthread_join(thread, NULL);
    return failed == 0 ? question.answer : -failed;
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
