// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    import CLibvirt
    import Dispatch

    /// libvirt's event loop: one for the process, on a thread of its own, before the first connection is opened and until the end.
    enum LibvirtEvents {
        private static let thread = DispatchQueue(label: "libvirt events")

        /// Whether it runs; the first who asks begins it.
        static let areOn: Bool = {
            guard virEventRegisterDefaultImpl() == 0 else { return false }
            thread.async {
                // Where it ends, nothing is told any more, and connections are found dead and opened again: worse, not wrong.
                while virEventRunDefaultImpl() == 0 {}
            }
            return true
        }()
    }
#endif
