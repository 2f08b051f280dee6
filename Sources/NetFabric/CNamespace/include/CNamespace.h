// SPDX-License-Identifier: Apache-2.0

#ifndef LYCEUM_CNAMESPACE_H
#define LYCEUM_CNAMESPACE_H

#include <stddef.h>
#include <stdint.h>

/// Whether something accepts on a TCP port, asked from inside a network namespace.
///
/// The calling thread is in that namespace only while the socket is made: a socket belongs to the namespace it was made in, for ever.
/// Returns 1 for yes, 0 for no (refused, or nothing within the time), and a negative errno where the question could not be asked; a
/// thread that could not return to its own namespace is ended, for whatever ran on it later would be in a foreign network.
/// `address` and `port` are in host byte order.
int lyceum_tcp_answers(const char *_Nonnull namespace_path, uint32_t address, uint16_t port, int timeout_ms);

/// A file in memory alone that holds these bytes and is to be read from its beginning: a program's whole input, made before the program
/// is. The descriptor is closed in programs that are started; negative errno where there is no memory.
int lyceum_memory_file(const void *_Nonnull bytes, size_t count);

#endif
