// SPDX-License-Identifier: Apache-2.0

#ifndef LYCEUM_CNAMESPACE_H
#define LYCEUM_CNAMESPACE_H

#include <stddef.h>
#include <stdint.h>

/// Whether something accepts on a TCP port, asked from inside a network namespace.
///
/// A thread is made for the question, goes into that namespace and ends there: it never has to find its way back, and nothing else ever
/// runs on it. The caller waits for it and stays where it is.
/// Returns 1 for yes, 0 for no (refused, or nothing within the time), and a negative errno where the question could not be asked.
/// `address` and `port` are in host byte order.
int lyceum_tcp_answers(const char *_Nonnull namespace_path, uint32_t address, uint16_t port, int timeout_ms);

/// A file in memory alone that holds these bytes and is to be read from its beginning: a program's whole input, made before the program
/// is. The descriptor is closed in programs that are started; negative errno where there is no memory.
int lyceum_memory_file(const void *_Nonnull bytes, size_t count);

#endif
