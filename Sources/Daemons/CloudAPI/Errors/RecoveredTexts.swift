// SPDX-License-Identifier: Apache-2.0

import CloudModel

/// What is said of an instance that was recovered and is not quite as before. A star stands for the value.
struct RecoveredTexts {
    private let name, hostname, address, ports, publicPorts, disks, memory: String

    private static func texts(in language: Language) -> RecoveredTexts {
        switch language {
        case .english:
            RecoveredTexts(
                name: "its name is * now", hostname: "its host name is * now", address: "its address is * now",
                ports: "it has lost these ports: *", publicPorts: "these public ports lead to it no more: *",
                disks: "these disks are no longer attached: *",
                memory: "its memory that was saved is gone")
        case .hungarian:
            RecoveredTexts(
                name: "a neve most *", hostname: "a gépneve most *", address: "a címe most *", ports: "ezek a portjai elvesztek: *",
                publicPorts: "ezek a nyilvános portok már nem hozzá vezetnek: *",
                disks: "ezek a lemezek már nincsenek csatolva: *", memory: "a mentett memóriája elveszett")
        }
    }

    /// All that is another, in one sentence; nil where nothing is.
    static func sentence(of body: RecoveredBody, in language: Language) -> String? {
        let texts = texts(in: language)
        let lost = (body.lostPorts ?? []).map { "\($0.hostname) (\($0.address), \($0.network))" }.joined(separator: ", ")
        let shut = (body.lostPublicPorts ?? []).map { "\($0.publicPort)/\($0.protocol) (\($0.targetPort))" }.joined(separator: ", ")
        let disks = (body.detachedDisks ?? []).map(\.text).joined(separator: ", ")
        let parts = [
            (texts.name, body.name), (texts.hostname, body.hostname), (texts.address, body.address),
            (texts.ports, lost.isEmpty ? nil : lost), (texts.publicPorts, shut.isEmpty ? nil : shut),
            (texts.disks, disks.isEmpty ? nil : disks),
            (texts.memory, body.lostMemory == true ? "" : nil),
        ].compactMap { text, value in value.map { text.replacing("*", with: $0, maxReplacements: 1) } }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
