// SPDX-License-Identifier: Apache-2.0

package import CloudModel
import CloudStore
package import CloudWorkflow
import ImageStore

/// Removes bytes that nobody made an image of in time. Begun by the collector, for the cloud itself. The row is looked at again in the
/// transaction that decides (invariant I17).
package struct CollectUpload: CloudOperation {
    /// `upload.collect`
    package static let kind = "upload.collect"
    /// Which upload.
    package let upload: ID<UploadKind>
    /// The cloud itself.
    package var principal: Principal { .theCloud }
    /// The upload's id.
    package var object: String { upload.text }

    /// Collects an upload.
    package init(_ upload: ID<UploadKind>) { self.upload = upload }

    /// The verb.
    package func run(_ flow: CloudFlow, in world: World) async throws -> Nothing {
        let deed = Deed(verb: .collect, object: upload.text, actor: principal.user, operation: try flow.run.operation())
        let host = try await flow.commit("claim", irreversible: "what cannot be removed now is tried again") { tx in
            try require(principal, .collect)
            let now = world.clock.now()
            var row = try tx.uploads.get(upload)
            guard row.createdAt + world.settings.uploadsKept <= now else {
                throw CloudError(.stateForbids, ["verb": deed.verb.rawValue, "state": "kept", "object": upload.text, "allowed": "old"])
            }
            try row.claim(by: deed.operation)
            try tx.begin(deed, at: now)
            return try tx.uploads.update(row).host
        }
        try await flow.step("remove", irreversible: "its time is over") { _ in
            try await world.hosts.parts(of: host).disks.remove(upload)
        }
        return try await flow.end("gone", irreversible: "the file is gone") { tx in
            try tx.uploads.delete(upload)
            try tx.end(deed, at: world.clock.now())
        }
    }
}

extension Upload {
    /// The run has it; throws `busy` where another has.
    mutating func claim(by run: ID<OperationKind>) throws(CloudError) {
        if let holder = operation { throw CloudError(.busy, ["object": id.text, "operation": holder.text]) }
        operation = run
    }
}
