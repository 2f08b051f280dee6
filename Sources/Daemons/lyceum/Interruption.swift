// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import Glibc
    import Synchronization

    /// What Ctrl-C says before it ends the command: an operation goes on in the cloud, whoever waits for it.
    enum Interruption {
        /// The address of the text, ended by a zero byte; 0 for none. An atomic and no lock: a signal handler reads it.
        private static let text = Atomic<UInt>(0)

        /// Says a text at an interruption from now on, or nothing for nil. A text is never freed, for a handler may be reading it; a command
        /// has few.
        @Sendable static func say(_ words: String?) {
            guard let words, let copy = strdup(words) else { return text.store(0, ordering: .releasing) }
            text.store(UInt(bitPattern: copy), ordering: .releasing)
            signal(SIGINT) { number in
                // Only what signal-safety(7) allows; then the signal does what it does without us.
                if let words = UnsafePointer<CChar>(bitPattern: Interruption.text.load(ordering: .acquiring)) {
                    write(2, words, strlen(words))
                }
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }
#endif
