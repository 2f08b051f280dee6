// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    public import CloudModel
    public import Hypervisor

    extension LibvirtHypervisor {
        /// Makes sure that this is what is read by who logs in: `/run/motd.d/lyceum`, which pam_motd shows, and `wall` for those who are
        /// in already. The folder is the boot's: no note goes into a template, and none outlives a guest that begins anew.
        public func leave(_ note: GuestNote, in instance: ID<InstanceKind>, _ command: Command) async throws {
            try await tell(instance, try AgentWords.leave(note), "leave a note", command)
        }
    }
#endif
