// SPDX-License-Identifier: Apache-2.0

public import CloudAPI
public import CloudModel

/// Instances and their verbs. A verb answers with the operation that it began; ``CloudClient/end(of:progress:)`` waits for it.
extension CloudClient {
    /// The instances that the caller may see; those of one name or tag, or those in the trash too.
    public func instances(name: String? = nil, tag: String? = nil, trash: Bool = false) -> Listing<InstanceBody> {
        list(InstanceBody.self, "/v1/instances", [("name", name), ("tag", tag), ("trash", trash ? "true" : nil)])
    }

    /// One instance.
    public func instance(_ id: ID<InstanceKind>) async throws -> Received<InstanceBody> {
        try await get(InstanceBody.self, "/v1/instances/\(id)")
    }

    /// Gives it another name, description or tags, where its version is still the one given (`*` for any).
    public func update(_ id: ID<InstanceKind>, _ request: UpdateInstanceRequest, ifMatch: String) async throws -> Received<InstanceBody> {
        try await fetch(InstanceBody.self, try written("PATCH", "/v1/instances/\(id)", request, ifMatch: ifMatch))
    }

    /// What the caller may do with it now, and why not the rest.
    public func allowedVerbs(of id: ID<InstanceKind>) async throws -> [Received<AllowedVerbBody>] {
        try await list(AllowedVerbBody.self, "/v1/instances/\(id)/verbs", [], paged: false).page().items
    }

    /// What was done and seen of an instance, newest first.
    public func activities(of id: ID<InstanceKind>) -> Listing<ActivityBody> { list(ActivityBody.self, "/v1/instances/\(id)/activities") }

    /// What its screen shows now: a file of PNG.
    public func screenshot(of id: ID<InstanceKind>) async throws -> [UInt8] {
        let answer = try await raw("GET", "/v1/instances/\(id)/screenshot")
        if let error = answer.error { throw error }
        return answer.bytes
    }

    /// The password by which people log in to it; for its operators.
    public func password(of id: ID<InstanceKind>) async throws -> Received<InstancePasswordBody> {
        try await get(InstancePasswordBody.self, "/v1/instances/\(id)/password")
    }

    /// Makes one instance, or a batch.
    public func create(_ request: CreateInstancesRequest) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances", request)
    }

    /// Runs it.
    public func start(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.start, id, ifMatch)
    }
    /// Saves its memory and releases its host.
    public func suspend(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.suspend, id, ifMatch)
    }
    /// Restores its memory.
    public func wake(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.wake, id, ifMatch)
    }
    /// Asks the guest to shut down.
    public func shutDown(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.shutDown, id, ifMatch)
    }
    /// Cuts its power.
    public func forceOff(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.forceOff, id, ifMatch)
    }
    /// Tells its guest by which keys people log in.
    public func installKeys(_ request: InstallKeysRequest = .init(), of id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/install-keys", request)
    }
    /// Sets the password by which people log in.
    public func setPassword(_ request: SetPasswordRequest = .init(), of id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/set-password", request)
    }
    /// Lets its processors stand still.
    public func pause(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.pause, id, ifMatch)
    }
    /// Asks the guest to reboot.
    public func reboot(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.reboot, id, ifMatch)
    }
    /// Cuts its power and gives it again.
    public func reset(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.reset, id, ifMatch)
    }
    /// Lets its processors go on.
    public func resume(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.resume, id, ifMatch)
    }
    /// Takes it to the trash.
    public func destroy(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.destroy, id, ifMatch)
    }

    /// Gives it a data disk.
    public func attachDisk(_ request: AttachDiskRequest, to id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/attach-disk", request)
    }
    /// Takes a data disk from it; the disk is kept.
    public func detachDisk(_ disk: ID<DiskKind>, from id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/detach-disk", DetachDiskRequest(disk: disk))
    }
    /// Gives it a port on a network.
    public func attachPort(_ request: AttachPortRequest, to id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/attach-port", request)
    }
    /// Takes a port from it.
    public func detachPort(_ port: ID<PortKind>, from id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/detach-port", DetachPortRequest(port: port))
    }
    /// Makes a disk of it larger.
    public func growDisk(_ request: GrowDiskRequest, of id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/grow-disk", request)
    }
    /// The caller's data disks.
    public func disks() -> Listing<DiskBody> { list(DiskBody.self, "/v1/disks") }
    /// One data disk.
    public func disk(_ id: ID<DiskKind>) async throws -> Received<DiskBody> { try await get(DiskBody.self, "/v1/disks/\(id)") }
    /// Removes a data disk that no instance has.
    public func deleteDisk(_ id: ID<DiskKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/disks/\(id)/delete", EmptyRequest())
    }
    /// Gives it a new disk, empty on its template's revision.
    public func rebuild(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.rebuild, id, ifMatch)
    }
    /// Gives it other processors and memory.
    public func resize(_ request: ResizeInstanceRequest, of id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/resize", request)
    }
    /// Makes a draft revision of a template of its disk.
    public func saveAsTemplate(_ request: SaveAsTemplateRequest, of id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/save-as-template", request)
    }
    /// Takes it out of the trash.
    public func recover(_ id: ID<InstanceKind>, ifMatch: String? = nil) async throws -> Received<OperationBody> {
        try await act(.recover, id, ifMatch)
    }
    /// Moves the dates of its lease.
    public func renew(_ id: ID<InstanceKind>, _ request: RenewInstanceRequest = .init(), ifMatch: String? = nil) async throws
        -> Received<OperationBody>
    {
        try await post(OperationBody.self, "/v1/instances/\(id)/renew", request, ifMatch: ifMatch)
    }
    /// Moves the dates of a set at once.
    public func renew(_ request: RenewInstancesRequest) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/renew", request)
    }

    /// Its checkpoints.
    public func checkpoints(of id: ID<InstanceKind>) -> Listing<CheckpointBody> {
        list(CheckpointBody.self, "/v1/instances/\(id)/checkpoints")
    }
    /// One of its checkpoints.
    public func checkpoint(_ checkpoint: ID<CheckpointKind>, of id: ID<InstanceKind>) async throws -> Received<CheckpointBody> {
        try await get(CheckpointBody.self, "/v1/instances/\(id)/checkpoints/\(checkpoint)")
    }
    /// Keeps its disk, and perhaps its memory, as they are now.
    public func createCheckpoint(_ request: CheckpointRequest, of id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/checkpoints", request)
    }
    /// Lets its disk, and its memory where that was kept, be as they were then.
    public func returnToCheckpoint(
        _ checkpoint: ID<CheckpointKind>, of id: ID<InstanceKind>, ifMatch: String? = nil
    ) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/checkpoints/\(checkpoint)/return", EmptyRequest(), ifMatch: ifMatch)
    }
    /// Gives a checkpoint up.
    public func dropCheckpoint(_ checkpoint: ID<CheckpointKind>, of id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await fetch(OperationBody.self, OutgoingCall("DELETE", "/v1/instances/\(id)/checkpoints/\(checkpoint)"))
    }

    /// The public ports that lead to it.
    public func forwardedPorts(of id: ID<InstanceKind>) -> Listing<ForwardedPortBody> {
        list(ForwardedPortBody.self, "/v1/instances/\(id)/forwarded-ports")
    }
    /// Forwards a public port to it.
    public func openForwardedPort(_ request: OpenForwardedPortRequest, of id: ID<InstanceKind>) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/forwarded-ports", request)
    }

    /// One public port.
    public func forwardedPort(_ id: ID<ForwardedPortKind>) async throws -> Received<ForwardedPortBody> {
        try await get(ForwardedPortBody.self, "/v1/forwarded-ports/\(id)")
    }
    /// Takes it away.
    public func closeForwardedPort(_ id: ID<ForwardedPortKind>) async throws -> Received<OperationBody> {
        try await fetch(OperationBody.self, OutgoingCall("DELETE", "/v1/forwarded-ports/\(id)"))
    }

    private func act(_ verb: Verb, _ id: ID<InstanceKind>, _ ifMatch: String?) async throws -> Received<OperationBody> {
        try await post(OperationBody.self, "/v1/instances/\(id)/\(verb.rawValue)", EmptyRequest(), ifMatch: ifMatch)
    }
}
