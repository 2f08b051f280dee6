// SPDX-License-Identifier: Apache-2.0

#if Daemons
    import ArgumentParser
    import CloudAPI
    import CloudClient
    import CloudModel

    /// `lyceum instance checkpoint`
    struct CheckpointGroup: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "checkpoint", abstract: "Keep an instance's disk and memory as they are, and return to them.",
            subcommands: [CheckpointList.self, CheckpointShow.self, CheckpointMake.self, CheckpointReturn.self, CheckpointDrop.self])

        /// A checkpoint of an instance, by its id or its name.
        static func find(
            _ text: String, of instance: ID<InstanceKind>, in session: Session
        ) async throws -> Received<CheckpointBody> {
            let all = try await session.client.checkpoints(of: instance).all()
            guard let found = all.first(where: { $0.value.id.text == text }) ?? all.first(where: { $0.value.name == text }) else {
                throw CommandFailure.noPart(
                    "checkpoint of \(instance)", text, like: all.map(\.value.name), next: "lyceum instance checkpoint list \(instance)")
            }
            return found
        }
    }
#endif
